#include "dispatcher/ownership/outbox.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kTermBytes = 48;

log::AppenderOptions options() {
  log::AppenderOptions options;
  options.deadline = Millis{0};
  options.ordered = true;
  options.may_use_reserve = true;
  return options;
}

}  // namespace

Outbox::Outbox(log::Log& log, log::Wake wake)
    : log_(log), wake_(std::move(wake)), appender_(log_.appender(options(), wake_)) {}

std::uint32_t Outbox::take(OpKind kind, std::int32_t partition, std::uint64_t epoch, log::Topic topic) {
  if (free_.empty()) {
    free_.push_back(static_cast<std::uint32_t>(ops_.size()));
    ops_.emplace_back();
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  Op& op = ops_[slot];
  op.kind = kind;
  op.used = true;
  op.sent = false;
  op.epoch = epoch;
  op.partition = partition;
  op.topic = topic;
  op.found = log::kNoOffset;
  op.bytes = 0;
  op.lane.reset();
  return slot;
}

void Outbox::release(std::uint32_t slot) {
  Op& op = ops_[slot];
  op.used = false;
  ++op.generation;
  op.record = {};
  op.memory = {};
  op.recorded = nullptr;
  free_.push_back(slot);
}

void Outbox::hold(std::uint32_t slot) {
  Op& op = ops_[slot];
  op.memory = Charge(memory_, op.record.size());
}

Result<void> Outbox::send(std::uint32_t slot, std::int64_t term) {
  Op& op = ops_[slot];
  log::Record copy;
  copy.headers.reserve(op.record.headers.bytes().size() + kTermBytes);
  copy.headers = op.record.headers;
  if (op.kind != OpKind::event) add_term(copy.headers, term);
  copy.identity = op.record.identity;
  copy.key = op.record.key;
  copy.value = op.record.value;
  op.bytes = copy.size();
  op.memory = Charge(memory_, op.record.size() + op.bytes);
  op.sent = true;  // the callback may come before append returns
  const std::uint32_t generation = op.generation;
  Result<void> taken =
      appender_->append(op.topic, op.partition, std::move(copy), [this, slot, generation](log::AppendResult&& result) {
        ended_.push_back({slot, generation, result.outcome, result.offset, result.fatal});
      });
  if (!taken) {
    op.sent = false;
    hold(slot);
  }
  return taken;
}

// That the appender is done for is known by this one, too: it says so as an op's end, of none.
Result<void> Outbox::append_keyed(log::Record&& event, std::function<void()> appended) {
  return appender_->append(log::Topic::events, log::kAnyPartition, std::move(event),
                           [this, appended = std::move(appended)](log::AppendResult&& result) {
                             if (result.outcome == log::AppendOutcome::persisted) return appended();
                             if (result.fatal) ended_.push_back({0, 0, result.outcome, log::kNoOffset, true});
                           });
}

void Outbox::poll(std::vector<End>& ended) {
  appender_->poll();
  ended.swap(ended_);
  ended_.clear();
}

void Outbox::replace() {
  appender_.reset();
  appender_ = log_.appender(options(), wake_);
  ended_.clear();
}

}  // namespace certes::dispatcher
