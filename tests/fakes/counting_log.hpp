#pragma once
// CountingLog: another log, and how much was read from it. Who: tests of what reads no more than it has to. Counters:
// any thread.

#include <atomic>

#include "common/log/log.hpp"

namespace certes::fakes {

class CountingLog : public log::Log {
 public:
  explicit CountingLog(log::Log& log) : log_(log) {}

  std::atomic<std::size_t> readers{0}, records{0};

  std::string_view engine() const override { return log_.engine(); }
  Result<void> prepare() override { return log_.prepare(); }
  std::int32_t partitions() const override { return log_.partitions(); }
  bool exact_deduplication() const override { return log_.exact_deduplication(); }
  std::size_t max_record_bytes(log::Topic topic) const override { return log_.max_record_bytes(topic); }
  std::unique_ptr<log::Appender> appender(log::AppenderOptions options, log::Wake wake) override {
    return log_.appender(options, std::move(wake));
  }
  std::unique_ptr<log::Reader> reader(log::Topic topic, std::int32_t partition, std::int64_t from,
                                      log::Wake wake) override {
    ++readers;
    return std::make_unique<Reader>(*this, log_.reader(topic, partition, from, std::move(wake)));
  }
  std::unique_ptr<log::Picker> picker(log::Wake wake) override { return log_.picker(std::move(wake)); }
  std::unique_ptr<log::Member> join(log::MemberHandler& handler, log::Wake wake) override {
    return log_.join(handler, std::move(wake));
  }
  Millis session_timeout() const override { return log_.session_timeout(); }
  Result<log::OffsetRange> offsets(log::Topic topic, std::int32_t partition, Millis timeout) override {
    return log_.offsets(topic, partition, timeout);
  }
  Result<std::int64_t> offset_at(log::Topic topic, std::int32_t partition, UnixMillis at, Millis timeout) override {
    return log_.offset_at(topic, partition, at, timeout);
  }
  Result<void> trim(log::Topic topic, std::int32_t partition, std::int64_t before, Millis timeout) override {
    return log_.trim(topic, partition, before, timeout);
  }
  Result<void> erase(log::Topic topic, std::int32_t partition, std::vector<log::OffsetRange> runs,
                     Millis timeout) override {
    return log_.erase(topic, partition, std::move(runs), timeout);
  }
  void keep_from(log::Topic topic, std::int32_t partition, std::int64_t offset) override {
    log_.keep_from(topic, partition, offset);
  }
  Result<void> health() const override { return log_.health(); }

 private:
  class Reader final : public log::Reader {
   public:
    Reader(CountingLog& log, std::unique_ptr<log::Reader> reader) : log_(log), reader_(std::move(reader)) {}
    Result<std::size_t> read(std::size_t max, std::vector<log::RecordPtr>& out) override {
      auto count = reader_->read(max, out);
      if (count) log_.records += *count;
      return count;
    }
    std::int64_t position() const override { return reader_->position(); }

   private:
    CountingLog& log_;
    std::unique_ptr<log::Reader> reader_;
  };

  log::Log& log_;
};

}  // namespace certes::fakes
