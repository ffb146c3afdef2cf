#pragma once
// Fixture: an engine, its log open, and short ways to append, read and wait. Who: the contract suite. One per case;
// confined to the test's thread but for the bell.

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/log/log.hpp"
#include "tests/contract/engine.hpp"

namespace certes::contract {

// What wakes the test. ring: any thread. wait: true if it rang since the last wait.
class Bell {
 public:
  void ring();
  bool wait(Millis at_most);
  log::Wake wake() {
    return [this] { ring(); };
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  bool set_ = false;  // guarded by mutex_
};

log::Record record(std::string value, std::optional<std::string> key = std::nullopt);

class Fixture {
 public:
  Fixture() : engine(make_engine()), log(engine->open()) {}
  // Closes the log and opens the store again.
  void reopen();

  // Runs `step` at each ring of the bell, and now and then without one, until it says true. False: patience has ended.
  bool eventually(const std::function<bool()>& step);

  std::unique_ptr<log::Appender> appender(log::AppenderOptions options = patient());
  // Appends one record and waits for its fate.
  log::AppendResult append(log::Topic topic, std::int32_t partition, log::Record record);
  // Appends all in one go, in order; fails the case unless each is taken.
  std::vector<log::AppendResult> append_all(log::Topic topic, std::int32_t partition, std::vector<log::Record> records);

  std::unique_ptr<log::Reader> reader(log::Topic topic, std::int32_t partition, std::int64_t from);
  std::unique_ptr<log::Picker> picker() { return log->picker(bell.wake()); }
  // Reads until `count` records are there, or patience has ended.
  std::vector<log::RecordPtr> read(log::Reader& reader, std::size_t count);

  // Appends that are neither refused nor acknowledged do not expire.
  static log::AppenderOptions patient();

  Bell bell;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<log::Log> log;
};

inline constexpr Millis kTimeout{10'000};  // of the calls that block

}  // namespace certes::contract
