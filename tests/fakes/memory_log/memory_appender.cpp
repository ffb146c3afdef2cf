#include <algorithm>

#include "common/base/hash.hpp"
#include "tests/fakes/memory_log/state.hpp"

namespace certes::log::memory {
namespace {

class MemoryAppender final : public Appender {
 public:
  MemoryAppender(State& state, std::uint64_t process, AppenderOptions options, Wake wake)
      : state_(state), options_(options), self_(std::make_shared<Producer>()) {
    const std::lock_guard lock(state_.mutex);
    self_->id = state_.next_producer++;
    self_->process = process;
    self_->wake = std::move(wake);
    state_.producers.push_back(self_);
  }

  ~MemoryAppender() override {
    const std::lock_guard lock(state_.mutex);
    self_->gone = true;
    self_->wake = nullptr;
    state_.drop_done_producers();
  }

  Result<void> append(Topic topic, std::int32_t partition, Record&& record, AppendCallback done) override {
    const std::size_t size = record.size();
    if (partition < kAnyPartition || partition >= state_.partitions_of(topic))
      return fail(Code::invalid, "there is no such partition");
    if (size > state_.max_record_bytes(topic)) return fail(Code::too_large, "larger than the topic takes");
    if (awaiting_.size() >= options_.queue_records || (bytes_ > 0 && bytes_ + size > options_.queue_bytes))
      return fail(Code::busy, "the queue is full");
    if (partition == kAnyPartition) partition = choose(topic, record);
    const std::lock_guard lock(state_.mutex);
    if (self_->fatal) return fail(Code::unavailable, "the appender is broken");
    self_->lanes[{topic, partition}].push_back({sequence_, std::move(record)});
    awaiting_.push_back({sequence_++, partition, size, state_.clock.now(), std::move(done)});
    self_->awaited = awaiting_.size();
    bytes_ += size;
    return {};
  }

  void flush() override {
    if (state_.options.stepped) return;
    const std::lock_guard lock(state_.mutex);
    while (!self_->lanes.empty()) {
      const auto where = self_->lanes.begin()->first;
      state_.land(*self_, where.first, where.second);
    }
  }

  void poll() override {
    flush();
    std::vector<std::pair<AppendCallback, AppendResult>> ended;
    {
      const std::lock_guard lock(state_.mutex);
      collect(ended);
      self_->awaited = awaiting_.size();
    }
    for (auto& [done, result] : ended) done(std::move(result));
  }

  std::size_t pending() const override { return awaiting_.size(); }

 private:
  struct Awaiting {
    std::uint64_t sequence;
    std::int32_t partition;
    std::size_t size;
    SteadyTime since;
    AppendCallback done;
  };
  using Ended = std::vector<std::pair<AppendCallback, AppendResult>>;

  std::int32_t choose(Topic topic, const Record& record) {
    const auto count = static_cast<std::uint64_t>(state_.partitions_of(topic));
    return static_cast<std::int32_t>((record.key ? hash64(*record.key) : turn_++) % count);
  }

  void collect(Ended& ended) {
    std::sort(self_->done.begin(), self_->done.end(),
              [](const Acknowledgement& a, const Acknowledgement& b) { return a.sequence < b.sequence; });
    for (const Acknowledgement& ack : self_->done) {
      const auto at = std::lower_bound(awaiting_.begin(), awaiting_.end(), ack.sequence,
                                       [](const Awaiting& a, std::uint64_t sequence) { return a.sequence < sequence; });
      if (at == awaiting_.end() || at->sequence != ack.sequence) continue;  // was reported as unknown
      AppendResult result;
      result.outcome = ack.offset == kNoOffset ? AppendOutcome::not_persisted : AppendOutcome::persisted;
      result.partition = ack.partition;
      result.offset = ack.offset;
      if (ack.offset == kNoOffset) result.error = Error(Code::unavailable, "the disk is full");
      end(at, std::move(result), ended);
    }
    self_->done.clear();
    const SteadyTime now = state_.clock.now();
    const auto given_up = [&] {
      if (awaiting_.empty()) return false;
      if (self_->fatal || self_->unknown > 0) return true;
      return options_.deadline > Millis{0} && now - awaiting_.front().since >= options_.deadline;
    };
    while (given_up()) {
      AppendResult result;
      result.partition = awaiting_.front().partition;
      result.error = Error(Code::unknown_outcome, "not acknowledged");
      result.fatal = self_->fatal;
      if (self_->unknown > 0) --self_->unknown;
      end(awaiting_.begin(), std::move(result), ended);
    }
    self_->unknown = 0;
  }

  void end(const std::deque<Awaiting>::iterator& at, AppendResult&& result, Ended& ended) {
    bytes_ -= at->size;
    ended.emplace_back(std::move(at->done), std::move(result));
    awaiting_.erase(at);
  }

  State& state_;
  const AppenderOptions options_;
  std::shared_ptr<Producer> self_;
  std::deque<Awaiting> awaiting_;  // ascending by sequence
  std::uint64_t sequence_ = 0;
  std::uint64_t turn_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace

std::unique_ptr<Appender> make_appender(State& state, std::uint64_t process, AppenderOptions options, Wake wake) {
  return std::make_unique<MemoryAppender>(state, process, options, std::move(wake));
}

}  // namespace certes::log::memory
