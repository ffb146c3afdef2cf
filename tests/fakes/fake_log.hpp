#pragma once
// FakeLog: a log that only takes appends, and does with each what the test has scripted; what it was given can be
// looked at. Reading finds nothing; membership is not there. Who: tests of what appends. Script and look from any
// thread.

#include <algorithm>
#include <deque>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "common/log/log.hpp"
#include "common/log/names.hpp"

namespace certes::fakes {

enum class Fate {
  persisted,
  not_persisted,
  unknown,
  fatal,  // unknown, and its appender can do no more
  held,   // until release()
  never,
  busy,  // refused at once
};

class FakeLog final : public log::Log {
 public:
  explicit FakeLog(bool exact, std::size_t max_record_bytes = 2u << 20) : exact_(exact), max_(max_record_bytes) {}

  // The fates of the next appends, in order; all after them are persisted.
  void script(std::vector<Fate> fates) {
    const std::lock_guard lock(mutex_);
    fates_.assign(fates.begin(), fates.end());
  }
  // What was taken so far, refused ones not.
  std::size_t taken() const {
    const std::lock_guard lock(mutex_);
    return records_.size();
  }
  log::Record record(std::size_t index) const {
    const std::lock_guard lock(mutex_);
    return records_.at(index);
  }
  // How many of these are dead letters.
  std::size_t dead_letters() const {
    const std::lock_guard lock(mutex_);
    return dead_letters_;
  }
  std::size_t appenders() const {
    const std::lock_guard lock(mutex_);
    return made_;
  }
  // Ends the append that was held, by its place among those taken.
  void release(std::size_t index, Fate fate) {
    const std::lock_guard lock(mutex_);
    for (Appender* appender : live_) {
      for (auto* appends : {&appender->queued_, &appender->appends_})
        for (auto& append : *appends)
          if (append.index == index) append.fate = fate;
      appender->wake_();
    }
  }

  std::string_view engine() const override { return "fake"; }
  Result<void> prepare() override { return {}; }
  std::int32_t partitions() const override { return 3; }
  bool exact_deduplication() const override { return exact_; }
  std::size_t max_record_bytes(log::Topic) const override { return max_; }
  std::unique_ptr<log::Appender> appender(log::AppenderOptions, log::Wake wake) override {
    return std::make_unique<Appender>(*this, std::move(wake));
  }
  std::unique_ptr<log::Reader> reader(log::Topic, std::int32_t, std::int64_t, log::Wake) override {
    return std::make_unique<Reader>();
  }
  std::unique_ptr<log::Picker> picker(log::Wake) override { return nullptr; }
  std::unique_ptr<log::Member> join(log::MemberHandler&, log::Wake) override { return nullptr; }
  Millis session_timeout() const override { return Millis{12'000}; }
  Result<log::OffsetRange> offsets(log::Topic, std::int32_t, Millis) override { return log::OffsetRange{}; }
  Result<std::int64_t> offset_at(log::Topic, std::int32_t, UnixMillis, Millis) override { return 0; }
  Result<void> trim(log::Topic, std::int32_t, std::int64_t, Millis) override { return none(); }
  Result<void> erase(log::Topic, std::int32_t, std::vector<log::OffsetRange>, Millis) override { return none(); }
  Result<void> health() const override { return {}; }

 private:
  struct Append {
    std::size_t index;
    Fate fate;
    std::string duplicate_of;
    log::AppendCallback done;
  };

  class Reader final : public log::Reader {
   public:
    Result<std::size_t> read(std::size_t, std::vector<log::RecordPtr>&) override { return std::size_t{0}; }
    std::int64_t position() const override { return 0; }
  };

  class Appender final : public log::Appender {
   public:
    Appender(FakeLog& log, log::Wake wake) : log_(log), wake_(std::move(wake)) {
      const std::lock_guard lock(log_.mutex_);
      log_.live_.push_back(this);
      ++log_.made_;
    }
    ~Appender() override {
      const std::lock_guard lock(log_.mutex_);
      std::erase(log_.live_, this);
    }
    Result<void> append(log::Topic topic, std::int32_t, log::Record&& record, log::AppendCallback done) override {
      const std::lock_guard lock(log_.mutex_);
      if (topic == log::Topic::dead_letters) ++log_.dead_letters_;
      if (topic != log::Topic::events && topic != log::Topic::dead_letters)
        return fail(Code::invalid, "only events and dead letters are expected");
      const Fate fate = log_.next_fate();
      if (fate == Fate::busy) return fail(Code::busy, "the queue is full");
      queued_.push_back({log_.records_.size(), fate, log_.first_of(record, fate), std::move(done)});
      log_.records_.push_back(std::move(record));
      return {};
    }
    // Nothing ends before it was flushed.
    void flush() override {
      const std::lock_guard lock(log_.mutex_);
      if (queued_.empty()) return;
      for (auto& append : queued_) appends_.push_back(std::move(append));
      queued_.clear();
      wake_();
    }
    void poll() override {
      std::vector<Append> ended;
      {
        const std::lock_guard lock(log_.mutex_);
        const auto first = std::stable_partition(appends_.begin(), appends_.end(), [](const Append& append) {
          return append.fate == Fate::held || append.fate == Fate::never;
        });
        ended.assign(std::move_iterator(first), std::move_iterator(appends_.end()));
        appends_.erase(first, appends_.end());
      }
      for (auto& append : ended) append.done(result_of(append));
    }
    std::size_t pending() const override { return queued_.size() + appends_.size(); }

   private:
    friend class FakeLog;
    static log::AppendResult result_of(Append& append) {
      log::AppendResult result;
      result.offset = static_cast<std::int64_t>(append.index);
      result.duplicate_of = std::move(append.duplicate_of);
      result.fatal = append.fate == Fate::fatal;
      if (append.fate == Fate::persisted) {
        result.outcome = log::AppendOutcome::persisted;
      } else if (append.fate == Fate::not_persisted) {
        result.outcome = log::AppendOutcome::not_persisted;
        result.error = {Code::unavailable, "scripted: not stored"};
      } else {
        result.outcome = log::AppendOutcome::unknown;
        result.error = {Code::unknown_outcome, "scripted: nobody knows"};
      }
      return result;
    }

    FakeLog& log_;
    log::Wake wake_;
    std::vector<Append> queued_, appends_;
  };

  static tl::unexpected<Error> none() { return fail(Code::unavailable, "this log only takes appends"); }

  Fate next_fate() {
    if (fates_.empty()) return Fate::persisted;
    const Fate fate = fates_.front();
    fates_.pop_front();
    return fate;
  }
  std::string first_of(const log::Record& record, Fate fate) {
    if (!exact_ || !record.identity || fate != Fate::persisted) return {};
    const std::pair identity(record.identity.high, record.identity.low);
    const auto [first, fresh] = firsts_.try_emplace(identity, record.headers.get(log::names::kId));
    return fresh ? std::string() : first->second;
  }

  const bool exact_;
  const std::size_t max_;
  mutable std::mutex mutex_;  // guards all below, and the appenders' queues
  std::deque<Fate> fates_;
  std::vector<log::Record> records_;
  std::vector<Appender*> live_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> firsts_;
  std::size_t dead_letters_ = 0;
  std::size_t made_ = 0;
};

}  // namespace certes::fakes
