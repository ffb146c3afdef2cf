#include "tests/fakes/memory_log/memory_log.hpp"

#include <algorithm>

#include "common/log/pick_task.hpp"
#include "tests/fakes/memory_log/state.hpp"

namespace certes::log::memory {
namespace {

class MemoryReader final : public Reader {
 public:
  MemoryReader(State& state, Topic topic, std::int32_t partition, std::int64_t from, Wake wake)
      : state_(state), topic_(topic), partition_(partition), position_(from), wake_(std::move(wake)) {
    const std::lock_guard lock(state_.mutex);
    if (position_ == kLogStart) position_ = state_.part(topic_, partition_).start;
    state_.readers.insert(&wake_);
  }
  ~MemoryReader() override {
    const std::lock_guard lock(state_.mutex);
    state_.readers.erase(&wake_);
  }
  Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out) override {
    const std::lock_guard lock(state_.mutex);
    return read_from(state_.part(topic_, partition_), position_, max, out);
  }
  std::int64_t position() const override { return position_; }

 private:
  State& state_;
  const Topic topic_;
  const std::int32_t partition_;
  std::int64_t position_;
  const Wake wake_;
};

class MemoryLog final : public Log {
 public:
  MemoryLog(std::shared_ptr<Cluster> cluster, std::uint64_t process)
      : cluster_(std::move(cluster)), state_(cluster_->state()), process_(process) {}

  std::string_view engine() const override { return "memory"; }
  Result<void> prepare() override { return {}; }
  std::int32_t partitions() const override { return state_.options.partitions; }
  bool exact_deduplication() const override { return false; }
  std::size_t max_record_bytes(Topic topic) const override { return state_.max_record_bytes(topic); }

  std::unique_ptr<Appender> appender(AppenderOptions options, Wake wake) override {
    return make_appender(state_, process_, options, std::move(wake));
  }
  std::unique_ptr<Reader> reader(Topic topic, std::int32_t partition, std::int64_t from, Wake wake) override {
    return std::make_unique<MemoryReader>(state_, topic, partition, from, std::move(wake));
  }
  std::unique_ptr<Picker> picker(Wake wake) override { return make_picker(state_, process_, std::move(wake)); }
  std::unique_ptr<Member> join(MemberHandler& handler, Wake wake) override {
    return make_member(state_, process_, handler, std::move(wake));
  }
  Millis session_timeout() const override { return state_.options.session_timeout; }

  Result<OffsetRange> offsets(Topic topic, std::int32_t partition, Millis) override {
    return cluster_->range(topic, partition);
  }

  Result<std::int64_t> offset_at(Topic topic, std::int32_t partition, UnixMillis at, Millis) override {
    const std::lock_guard lock(state_.mutex);
    const TopicPartition& part = state_.part(topic, partition);
    const auto first = std::find_if(part.records.begin(), part.records.end(),
                                    [at](const RecordPtr& record) { return record && record->appended_at >= at; });
    return part.start + (first - part.records.begin());
  }

  Result<void> trim(Topic topic, std::int32_t partition, std::int64_t before, Millis) override {
    const std::lock_guard lock(state_.mutex);
    TopicPartition& part = state_.part(topic, partition);
    while (!part.records.empty() && part.start < before) {
      part.records.pop_front();
      ++part.start;
    }
    return {};
  }

  Result<void> erase(Topic topic, std::int32_t partition, std::vector<OffsetRange> runs, Millis) override {
    if (!are_runs(runs)) return fail(Code::invalid, "offsets must ascend");
    const std::lock_guard lock(state_.mutex);
    TopicPartition& part = state_.part(topic, partition);
    for (const OffsetRange& run : runs)
      for (std::int64_t o = std::max(run.start, part.start); o < std::min(run.end, part.end()); ++o)
        part.records[static_cast<std::size_t>(o - part.start)] = nullptr;
    return {};
  }

  bool crowded() const override { return state_.options.crowded; }
  Result<void> health() const override { return {}; }

 private:
  std::shared_ptr<Cluster> cluster_;
  State& state_;
  const std::uint64_t process_;
};

}  // namespace

std::unique_ptr<Log> make(std::shared_ptr<Cluster> cluster, std::uint64_t process) {
  return std::make_unique<MemoryLog>(std::move(cluster), process);
}

std::unique_ptr<Log> make(Options options) { return make(make_cluster(options)); }

}  // namespace certes::log::memory
