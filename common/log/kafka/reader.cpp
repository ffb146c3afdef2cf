#include "common/log/kafka/reader.hpp"

#include "common/log/kafka/codec.hpp"
#include "common/log/kafka/errors.hpp"
#include "common/log/kafka/wake.hpp"

namespace certes::log::kafka {

Error fetch_error(const rd_kafka_message_t& message, Topic topic) {
  const std::string where = std::string(to_string(topic)) + "[" + std::to_string(message.partition) + "]";
  Error error = to_error(message.err, where, rd_kafka_message_errstr(&message));
  error.pointer = std::to_string(message.partition);
  return error;
}

KafkaReader::KafkaReader(Fetchers& fetchers, Role role, Troubles& troubles, Damage& damage, Topic topic,
                         std::int32_t partition, std::int64_t from, Wake wake)
    : fetchers_(fetchers),
      troubles_(troubles),
      damage_(damage),
      topic_(topic),
      partition_(partition),
      wake_(std::move(wake)),
      position_(from),
      burst_(role) {
  auto fetcher = fetchers_.claim(topic, partition);
  if (!fetcher.has_value()) {
    error_ = std::move(fetcher.error());
    return;
  }
  fetcher_ = std::move(*fetcher);
  queue_.reset(rd_kafka_queue_new(fetcher_->client()));
  ring_when_filled(queue_.get(), wake_);
  start(position_);
}

void KafkaReader::start(std::int64_t from) {
  if (auto started = fetcher_->start(topic_, partition_, from, queue_.get()); !started.has_value())
    error_ = std::move(started.error());
}

KafkaReader::~KafkaReader() {
  if (!fetcher_) return;
  ring_no_more(queue_.get());
  fetcher_->stop(topic_, partition_);
  queue_.reset();
  fetchers_.give_back(fetcher_, topic_, partition_);
}

bool KafkaReader::take(const rd_kafka_message_t& message, std::vector<RecordPtr>& out) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (message.offset < position_) return false;  // fetched before it was started anew
    out.push_back(to_record(message, topic_));
    burst_.took(out.back()->size());
    troubles_.over(topic_, partition_);
    position_ = message.offset + 1;
    return true;
  }
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    position_ = std::max(position_, message.offset);  // behind what is never given: the marks of transactions
    given_to_ = position_;
    troubles_.over(topic_, partition_);
    return false;
  }
  failed(message);
  return false;
}

void KafkaReader::failed(const rd_kafka_message_t& message) {
  const bool undecodable = is_undecodable(message.err);
  if (undecodable && damage_.goes_on(topic_)) return begin_detour(batch_of(message));
  if (undecodable && topic_ == Topic::registry) {
    error_ = damage_.stays("the log", topic_, partition_, std::max(position_, message.offset));
    return;
  }
  error_ = fetch_error(message, topic_);
  if (error_->code != Code::not_found) troubles_.met(message, topic_, position_);
}

void KafkaReader::nothing_came() {
  if (detour_) {
    if (detour_->waited(troubles_.now())) follow_detour();
  } else if (burst_.ended()) {
    fetcher_->stop(topic_, partition_);
    start(position_);
  } else {
    look_for_damage();
  }
}

// librdkafka says nothing of a record whose lengths are damaged: it asks for it again, for ever.
void KafkaReader::look_for_damage() {
  const SteadyTime now = troubles_.now();
  if (now - looked_at_ < Stall::kLookEvery) return;
  if (now - looked_at_ > Stall::kNobodyAsks) stall_ = {};
  looked_at_ = now;
  const bool stalls = stall_.lasts(position_, fetcher_->known(topic_, partition_).end, now);
  if (stalls && given_to_ != position_ && damage_.goes_on(topic_)) begin_detour(kNoOffset);
}

// `batch`: where it begins, if that was told.
void KafkaReader::begin_detour(std::int64_t batch) {
  const OffsetRange known = fetcher_->known(topic_, partition_);
  position_ = std::max(position_ < 0 ? known.start : position_, batch);
  detour_.emplace(position_, batch, known.end, troubles_.now());
  follow_detour();
}

void KafkaReader::follow_detour() {
  fetcher_->stop(topic_, partition_);
  const auto over = detour_->over();
  if (!over) return start(detour_->ask());
  if (*over > position_) damage_.passed(topic_, partition_, position_, *over);
  position_ = *over;
  detour_.reset();
  start(position_);
}

Result<std::size_t> KafkaReader::read(std::size_t max, std::vector<RecordPtr>& out) {
  std::size_t count = 0;
  while (!error_ && count < max) {
    const Message message(rd_kafka_consume_queue(queue_.get(), 0));
    if (!message) {
      nothing_came();
      break;
    }
    if (!detour_) {
      if (take(*message, out)) ++count;
    } else if (detour_->took(*message, troubles_.now())) {
      follow_detour();
    }
  }
  if (count > 0 && error_ && wake_) wake_();  // the next call has it
  if (count > 0 || !error_) return count;
  Error error = *error_;
  if (error.code == Code::unavailable || error.code == Code::timeout) {
    error.code = Code::unavailable;
    error_.reset();
  }
  return fail(std::move(error));
}

}  // namespace certes::log::kafka
