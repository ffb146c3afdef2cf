#include "common/log/kafka/member.hpp"

#include "common/log/kafka/codec.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/reader.hpp"
#include "common/log/kafka/wake.hpp"

namespace certes::log::kafka {

KafkaMember::KafkaMember(const Options& options, Troubles& troubles, Damage& damage, MemberHandler& handler, Wake wake)
    : troubles_(troubles),
      damage_(damage),
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
  start_fetching(partition, offset);
}

void KafkaMember::start_fetching(std::int32_t partition, std::int64_t offset) {
  if (auto started = fetcher_->start(Topic::events, partition, offset, queue_.get()); !started.has_value()) {
    error_ = std::move(started.error());
    error_->pointer = std::to_string(partition);
    next_.erase(partition);
    detours_.erase(partition);
  }
}

void KafkaMember::stop(std::int32_t partition) {
  detours_.erase(partition);
  if (next_.erase(partition) > 0) fetcher_->stop(Topic::events, partition);
}

// All that it has is taken: nothing is fetched twice.
void KafkaMember::start_anew() {
  const auto next = next_;
  for (const auto& [partition, offset] : next)
    if (!detours_.contains(partition)) start(partition, offset);
}

bool KafkaMember::take(const rd_kafka_message_t& message, std::vector<RecordPtr>& out) {
  const auto partition = next_.find(message.partition);
  if (partition == next_.end()) return false;  // stopped meanwhile
  if (const auto detour = detours_.find(message.partition); detour != detours_.end()) {
    if (detour->second.took(message, troubles_.now())) follow_detour(message.partition);
    return false;
  }
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
  failed(message);
  return false;
}

void KafkaMember::failed(const rd_kafka_message_t& message) {
  if (is_undecodable(message.err) && damage_.goes_on(Topic::events))
    return begin_detour(message.partition, batch_of(message));
  error_ = fetch_error(message, Topic::events);
  if (error_->code == Code::not_found) {
    stop(message.partition);
  } else {
    troubles_.met(message, Topic::events, next_[message.partition]);
    error_->code = Code::unavailable;
  }
}

void KafkaMember::begin_detour(std::int32_t partition, std::int64_t batch) {
  const OffsetRange known = fetcher_->known(Topic::events, partition);
  std::int64_t& next = next_[partition];
  next = std::max(next < 0 ? known.start : next, batch);
  detours_.emplace(partition, Detour(next, batch, known.end, troubles_.now()));
  follow_detour(partition);
}

void KafkaMember::follow_detour(std::int32_t partition) {
  fetcher_->stop(Topic::events, partition);
  const Detour& detour = detours_.at(partition);
  const auto over = detour.over();
  if (!over) return start_fetching(partition, detour.ask());
  std::int64_t& next = next_[partition];
  if (*over > next) damage_.passed(Topic::events, partition, next, *over);
  next = *over;
  detours_.erase(partition);
  start_fetching(partition, *over);
}

void KafkaMember::nothing_came() {
  if (burst_.ended()) start_anew();
  stalls_.look(*fetcher_, next_);
  if (damage_.goes_on(Topic::events))
    for (const std::int32_t partition : stalls_.take_stalled())
      if (next_.contains(partition) && !detours_.contains(partition)) begin_detour(partition, kNoOffset);
  std::vector<std::int32_t> waited;
  for (auto& [partition, detour] : detours_)
    if (detour.waited(troubles_.now())) waited.push_back(partition);
  for (const std::int32_t partition : waited) follow_detour(partition);
}

Result<std::size_t> KafkaMember::read(std::size_t max, std::vector<RecordPtr>& out) {
  std::size_t count = 0;
  while (queue_ && !error_ && count < max) {
    const Message message(rd_kafka_consume_queue(queue_.get(), 0));
    if (!message) {
      nothing_came();
      break;
    }
    if (take(*message, out)) ++count;
  }
  if (count > 0 && error_ && wake_) wake_();  // the next call has it
  if (count > 0 || !error_) return count;
  return fail(*std::exchange(error_, std::nullopt));
}

}  // namespace certes::log::kafka
