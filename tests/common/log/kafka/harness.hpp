#pragma once
// What the tests of the kafka engine share: a log that is open, a bell to wait on, appends and members that are waited
// for. Confined to the test's thread but for the bell.

#include <doctest/doctest.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "common/log/kafka/kafka_log.hpp"
#include "tests/common/log/kafka/broker.hpp"

namespace certes::test {

class Bell {
 public:
  log::Wake wake() {
    return [this] {
      const std::lock_guard lock(mutex_);
      rung_ = true;
      condition_.notify_one();
    };
  }
  void wait(Millis at_most) {
    std::unique_lock lock(mutex_);
    condition_.wait_for(lock, at_most, [this] { return rung_; });
    rung_ = false;
  }

 private:
  std::mutex mutex_;
  std::condition_variable condition_;
  bool rung_ = false;  // guarded by mutex_
};

// Runs `step` at each ring, and now and then without one, until it says true. False: it never did.
inline bool eventually(Bell& bell, const std::function<bool()>& step,
                       std::chrono::seconds patience = std::chrono::seconds(60)) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!step()) {
    if (std::chrono::steady_clock::now() > end) return false;
    bell.wait(Millis(20));
  }
  return true;
}

// A clock that stands until the test moves it; any thread.
class SteppedClock final : public Clock {
 public:
  SteadyTime now() const override { return SteadyTime{} + Millis{elapsed_.load()}; }
  UnixMillis unix_millis() const override { return elapsed_; }
  void advance(Millis by) { elapsed_ += by.count(); }

 private:
  std::atomic<std::int64_t> elapsed_{1'700'000'000'000};
};

inline std::unique_ptr<log::Log> open_log(const log::kafka::Options& options) {
  static const SystemClock clock;
  auto log = log::kafka::open(options, clock);
  REQUIRE_MESSAGE(log.has_value(), log.error().message);
  return std::move(log.value());
}

inline std::unique_ptr<log::Log> open_prepared(const log::kafka::Options& options) {
  constexpr int kTries = 5;  // a broker on a busy machine may take longer than one waits; services try again, too
  auto log = open_log(options);
  auto prepared = log->prepare();
  for (int i = 1; i < kTries && !prepared && prepared.error().code == Code::unavailable; ++i) prepared = log->prepare();
  REQUIRE_MESSAGE(prepared.has_value(), prepared.error().message);
  return log;
}

inline log::Record record_of(std::string value) {
  log::Record record;
  record.value = std::move(value);
  return record;
}

// Appends and waits for the fate of it.
inline log::AppendResult append(log::Appender& appender, Bell& bell, log::Topic topic, std::int32_t partition,
                                log::Record record) {
  std::optional<log::AppendResult> result;
  const auto taken =
      appender.append(topic, partition, std::move(record), [&](log::AppendResult&& r) { result = std::move(r); });
  REQUIRE_MESSAGE(taken.has_value(), taken.error().message);
  appender.flush();
  REQUIRE(eventually(bell, [&] {
    appender.poll();
    return result.has_value();
  }));
  return *result;
}

inline log::AppendResult append_once(log::Log& log, log::Topic topic, std::int32_t partition, log::Record record) {
  Bell bell;
  const auto appender = log.appender({.deadline = Millis(0), .ordered = true}, bell.wake());
  return append(*appender, bell, topic, partition, std::move(record));
}

inline std::vector<log::RecordPtr> read_all(log::Log& log, log::Topic topic, std::int32_t partition,
                                            std::size_t count) {
  Bell bell;
  const auto reader = log.reader(topic, partition, log::kLogStart, bell.wake());
  std::vector<log::RecordPtr> records;
  eventually(bell, [&] {
    const auto got = reader->read(count - records.size(), records);
    REQUIRE_MESSAGE((got.has_value() || got.error().code == Code::unavailable), got.error().message);
    return records.size() == count;
  });
  return records;
}

// A member that notes what it is told.
class NotedMember final : public log::MemberHandler {
 public:
  NotedMember(log::Log& log, Bell& bell) : member(log.join(*this, bell.wake())) {}
  void on_assigned(const std::vector<std::int32_t>& partitions) override {
    owned.insert(partitions.begin(), partitions.end());
  }
  void on_revoked(const std::vector<std::int32_t>& partitions) override {
    revoked.insert(partitions.begin(), partitions.end());
  }
  void on_lost(const std::vector<std::int32_t>& partitions) override {
    lost.insert(partitions.begin(), partitions.end());
    for (const std::int32_t p : partitions) owned.erase(p);
  }
  void poll() {
    const auto polled = member->poll();
    REQUIRE_MESSAGE(polled.has_value(), polled.error().message);
  }
  void release_all() {
    for (const std::int32_t p : std::exchange(revoked, {})) {
      owned.erase(p);
      member->release(p);
    }
  }
  Result<void> commit(Bell& bell, std::int32_t partition, log::Committed value) {
    std::optional<Result<void>> answer;
    member->commit(partition, std::move(value), [&](Result<void> result) { answer = std::move(result); });
    REQUIRE(eventually(bell, [&] {
      poll();
      return answer.has_value();
    }));
    return *answer;
  }
  log::Committed committed(Bell& bell, std::int32_t partition) {
    std::optional<Result<log::Committed>> answer;
    member->committed(partition, [&](Result<log::Committed> result) { answer = std::move(result); });
    REQUIRE(eventually(bell, [&] {
      poll();
      return answer.has_value();
    }));
    REQUIRE_MESSAGE(answer->has_value(), answer->error().message);
    return **answer;
  }

  std::set<std::int32_t> owned, revoked, lost;
  std::unique_ptr<log::Member> member;
};

}  // namespace certes::test
