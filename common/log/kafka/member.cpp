#include "common/log/kafka/member.hpp"

#include "common/log/kafka/codec.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/reader.hpp"
#include "common/log/kafka/wake.hpp"

namespace certes::log::kafka {

KafkaMember::KafkaMember(const Options& options, Troubles& troubles, MemberHandler& handler, Wake wake)
    : troubles_(troubles),
      wake_(std::move(wake)),
      stalls_(troubles, topic_name(options, Topic::events)),
      membership_(
          options, handler, [this](std::int32_t p) { stop(p); }, wake_) {
  auto fetcher = Fetcher::make(options, Role::events);
  if (!fetcher.has_value()) {
    error_ = std::move(fetcher.error());
    return;
  }
  fetcher_ = std::move(*fetcher);
  queue_.reset(rd_kafka_queue_new(fetcher_->client()));
  ring_when_filled(queue_.get(), wake_);
}

KafkaMember::~KafkaMember() {
  if (!fetcher_) return;
  ring_no_more(queue_.get());
  while (!next_.empty()) stop(next_.begin()->first);
  queue_.reset();
}

void KafkaMember::start(std::int32_t partition, std::int64_t offset) {
  stop(partition);
  if (!fetcher_) return;
  next_[partition] = offset;
  if (auto started = fetcher_->start(Topic::events, partition, offset, queue_.get()); !started.has_value()) {
    error_ = std::move(started.error());
    error_->pointer = std::to_string(partition);
    next_.erase(partition);
  }
}

void KafkaMember::stop(std::int32_t partition) {
  if (next_.erase(partition) > 0) fetcher_->stop(Topic::events, partition);
}

// All that it has is taken: nothing is fetched twice.
void KafkaMember::start_anew() {
  const auto next = next_;
  for (const auto& [partition, offset] : next) start(partition, offset);
}

bool KafkaMember::take(const rd_kafka_message_t& message, std::vector<RecordPtr>& out) {
  const auto partition = next_.find(message.partition);
  if (partition == next_.end()) return false;  // stopped meanwhile
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (message.offset < partition->second) return false;  // fetched before it was started anew
    out.push_back(to_record(message, Topic::events));
    burst_.took(out.back()->size());
    troubles_.over(Topic::events, message.partition);
    partition->second = message.offset + 1;
    return true;
  }
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {  // behind what is never given
    partition->second = std::max(partition->second, message.offset);
    stalls_.at_end(message.partition, partition->second);
    troubles_.over(Topic::events, message.partition);
    return false;
  }
  error_ = fetch_error(message, Topic::events);
  if (error_->code == Code::not_found) {
    stop(message.partition);
  } else {
    troubles_.met(message, Topic::events, partition->second);
    error_->code = Code::unavailable;
  }
  return false;
}

Result<std::size_t> KafkaMember::read(std::size_t max, std::vector<RecordPtr>& out) {
  std::size_t count = 0;
  while (queue_ && !error_ && count < max) {
    const Message message(rd_kafka_consume_queue(queue_.get(), 0));
    if (!message) {
      if (burst_.ended()) start_anew();
      stalls_.look(fetcher_->client(), next_);
      break;
    }
    if (take(*message, out)) ++count;
  }
  if (count > 0 && error_ && wake_) wake_();  // the next call has it
  if (count > 0 || !error_) return count;
  return fail(*std::exchange(error_, std::nullopt));
}

}  // namespace certes::log::kafka
