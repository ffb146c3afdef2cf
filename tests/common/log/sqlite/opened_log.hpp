#pragma once
// OpenedLog: an embedded log in a directory of its own under a clock that the test moves, with short ways to append
// and to wait. Who: the tests of common/log/sqlite. One thread, but for the bell and the clock.

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/log/sqlite/sqlite_log.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace certes::test {

class MovedClock final : public Clock {
 public:
  SteadyTime now() const override { return SteadyTime(Millis(at_.load())); }
  UnixMillis unix_millis() const override { return at_.load(); }
  void move(Millis by) { at_.fetch_add(by.count()); }

 private:
  std::atomic<std::int64_t> at_{1'800'000'000'000};
};

class OpenedLog {
 public:
  explicit OpenedLog(log::sqlite::Options options = {});
  Result<void> reopen();
  // Waits until `step` says true; bounded.
  bool eventually(const std::function<bool()>& step);
  std::vector<log::AppendResult> append(log::Topic topic, std::vector<log::Record> records, std::int32_t partition = 0);
  std::vector<log::AppendResult> append(log::Topic topic, int count, std::size_t bytes = 10);
  std::int64_t start(log::Topic topic) { return log->offsets(topic, 0, Millis(1'000))->start; }
  bool commit(std::int64_t offset);
  // Writes over some pages of the file, while it is closed. Precondition: it has 450,000 bytes.
  void damage_page();

  void ring();
  log::Wake wake() {
    return [this] { ring(); };
  }

  TemporaryDirectory directory;
  MovedClock clock;
  log::sqlite::Options options;
  std::unique_ptr<log::Log> log;

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool set_ = false;  // guarded by mutex_
};

// An event with an id of ours, which repeats another where `identity` does.
log::Record identified(const std::string& id, log::Identity identity);

}  // namespace certes::test
