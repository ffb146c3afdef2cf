#include "common/log/kafka/appender.hpp"

#include "common/log/kafka/errors.hpp"

namespace certes::log::kafka {
namespace {

// Below this many pending acknowledgements a keyless record is sent at once.
constexpr std::size_t kFew = 4;
// Between two tries to make a producer: it takes a moment, and the caller is an event loop.
constexpr std::chrono::seconds kPatience{1};

AppendOutcome outcome_of(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR) return AppendOutcome::persisted;
  switch (rd_kafka_message_status(&message)) {
    case RD_KAFKA_MSG_STATUS_NOT_PERSISTED: return AppendOutcome::not_persisted;
    case RD_KAFKA_MSG_STATUS_PERSISTED: return AppendOutcome::persisted;
    case RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED: break;
  }
  return AppendOutcome::unknown;
}

// The producer's numbering is no longer the broker's; librdkafka does not always call that fatal, nor does it recover.
bool out_of_step(rd_kafka_resp_err_t code) {
  return code == RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER || code == RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH ||
         code == RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED;
}

}  // namespace

KafkaAppender::KafkaAppender(const Options& options, AppenderOptions limits,
                             const std::atomic<std::int32_t>& partitions, Troubles& troubles, Wake wake)
    : options_(options), limits_(limits), partitions_(partitions), troubles_(troubles), wake_(std::move(wake)) {
  make_missing();
}

KafkaAppender::~KafkaAppender() = default;

void KafkaAppender::make_missing() {
  broken_.reset();
  const ClientLimits client{limits_.deadline, limits_.queue_bytes, limits_.queue_records};
  const auto make = [&](std::unique_ptr<Producer>& to, Role role) {
    if (to || broken_) return;
    auto made = Producer::make(options_, role, client, partitions_, wake_,
                               [this](const auto& message) { on_delivery(message); });
    if (made.has_value())
      to = std::move(*made);
    else
      broken_ = std::move(made.error());
  };
  make(ordered_, Role::ordered);
  if (!limits_.ordered) {
    make(immediate_, Role::immediate);
    make(batching_, Role::batching);
  }
  next_try_ = std::chrono::steady_clock::now() + kPatience;
}

Result<void> KafkaAppender::append(Topic topic, std::int32_t partition, Record&& record, AppendCallback done) {
  const std::size_t size = record.size();
  if (broken_ && std::chrono::steady_clock::now() >= next_try_) make_missing();
  if (auto checked = check(topic, partition, size); !checked.has_value()) return checked;
  Producer& producer = choose(partition, record);
  Slot* slot = take_slot();
  slot->record = std::move(record);
  slot->producer = &producer;
  slot->topic = topic;
  slot->size = size;
  const auto code = producer.send(topic, partition, slot->record, slot);
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL || code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) {
    record = std::move(slot->record);
    free_.push_back(slot);
    return fail(to_error(code, to_string(topic)));
  }
  slot->done = std::move(done);
  ++pending_;
  pending_bytes_ += size;
  if (&producer != ordered_.get()) ++pending_keyless_;
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) fail_later(slot, to_error(code, to_string(topic)));
  return {};
}

Result<void> KafkaAppender::check(Topic topic, std::int32_t partition, std::size_t size) const {
  if (broken_) return fail(*broken_);
  const std::int32_t partitions = topic == Topic::registry ? 1 : partitions_.load();
  if (partition != kAnyPartition && (partition < 0 || partition >= partitions))
    return fail(Code::invalid, std::string(to_string(topic)) + " has no partition " + std::to_string(partition));
  if (size > max_record_bytes(options_, topic))
    return fail(Code::too_large, std::string(to_string(topic)) + ": a record of " + std::to_string(size) +
                                     " bytes is larger than the topic takes");
  // A record that alone is larger than the queue goes when nothing else does.
  if (pending_ >= limits_.queue_records || (pending_ > 0 && pending_bytes_ + size > limits_.queue_bytes))
    return fail(Code::busy, "the queue to Kafka is full");
  return {};
}

Producer& KafkaAppender::choose(std::int32_t partition, const Record& record) {
  if (limits_.ordered || record.key || partition != kAnyPartition) return *ordered_;
  return pending_keyless_ < kFew ? *immediate_ : *batching_;
}

KafkaAppender::Slot* KafkaAppender::take_slot() {
  if (free_.empty()) return &slots_.emplace_back();
  Slot* slot = free_.back();
  free_.pop_back();
  return slot;
}

void KafkaAppender::fail_later(Slot* slot, Error error) {
  failed_.emplace_back(slot, std::move(error));
  if (wake_) wake_();
}

void KafkaAppender::poll() {
  if (ordered_) ordered_->poll();
  if (immediate_) immediate_->poll();
  if (batching_) batching_->poll();
  std::vector<std::pair<Slot*, Error>> failed;
  failed.swap(failed_);
  for (auto& [slot, error] : failed) {
    AppendResult result;
    result.outcome = AppendOutcome::not_persisted;
    result.fatal = slot->producer->fatal();
    result.error = std::move(error);
    end(slot, std::move(result));
  }
}

void KafkaAppender::on_delivery(const rd_kafka_message_t& message) {
  auto* slot = static_cast<Slot*>(message._private);
  AppendResult result;
  result.outcome = outcome_of(message);
  result.partition = message.partition;
  judge(slot->topic, message.err);
  if (result.outcome == AppendOutcome::persisted) {
    result.offset = message.offset;
  } else {
    result.fatal = out_of_step(message.err) || slot->producer->fatal();
    result.error = to_error(message.err, "kafka");
  }
  end(slot, std::move(result));
}

// What the topic refuses whatever is waited for. Every other error comes of brokers that are away, which is told
// already.
void KafkaAppender::judge(Topic topic, rd_kafka_resp_err_t code) {
  std::string_view& refuses = refuses_[static_cast<std::size_t>(topic)];
  const std::string label(to_string(topic));
  const std::string name = topic_name(options_, topic);
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR && !refuses.empty()) {
    troubles_.over(label, std::string(refuses), name + " is written again");
    refuses = {};
  } else if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED) {
    refuses = "write_forbidden";
    troubles_.met(label, "write_forbidden",
                  name + " cannot be written: Write is refused: the permission is missing (certes topics lists them)");
  } else if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE) {
    refuses = "write_too_large";
    troubles_.met(label, "write_too_large",
                  name + " cannot be written: its max.message.bytes has been lowered (certes topics --check)");
  }
}

void KafkaAppender::end(Slot* slot, AppendResult&& result) {
  const AppendCallback done = std::move(slot->done);
  --pending_;
  pending_bytes_ -= slot->size;
  if (slot->producer != ordered_.get()) --pending_keyless_;
  slot->record = Record();
  slot->done = nullptr;
  free_.push_back(slot);
  if (done) done(std::move(result));
}

}  // namespace certes::log::kafka
