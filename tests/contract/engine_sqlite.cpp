// The contract suite over the embedded engine.

#include <atomic>
#include <stdexcept>

#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/partition.hpp"
#include "common/log/sqlite/sqlite_log.hpp"
#include "tests/contract/engine.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace certes::contract {
namespace {

class ShiftedClock final : public Clock {
 public:
  SteadyTime now() const override { return system_.now() + shift_.load(); }
  UnixMillis unix_millis() const override { return system_.unix_millis() + shift_.load().count(); }
  void pass(Millis time) { shift_ = shift_.load() + time; }

 private:
  const SystemClock system_;
  std::atomic<Millis> shift_{Millis{0}};
};

class SqliteEngine final : public Engine {
 public:
  Capabilities capabilities() const override { return {.ages = true}; }
  void pass(std::chrono::hours time) override { clock_.pass(time); }
  std::unique_ptr<log::Log> open() override {
    log::sqlite::Options options;
    options.directory = directory_.path();
    options.partitions = kPartitions;
    options.reserve_bytes = 0;
    options.retention.attempts = options.retention.dead_letters = kKept;
    auto log = log::sqlite::open(std::move(options), clock_);
    if (!log.has_value()) throw std::runtime_error(log.error().message);
    const auto prepared = log.value()->prepare();
    if (!prepared.has_value()) throw std::runtime_error(prepared.error().message);
    return std::move(log.value());
  }

  bool spoil(std::unique_ptr<log::Log>& log, log::Topic topic, std::int32_t partition, std::int64_t offset) override {
    log.reset();
    log::sqlite::Connection(directory_.file(std::string(log::sqlite::kFile)))
        .run("UPDATE " + log::sqlite::table_name(topic, partition) +
             " SET record = x'0000' WHERE id = " + std::to_string(offset));
    log = open();
    return true;
  }

 private:
  test::TemporaryDirectory directory_;
  ShiftedClock clock_;
};

}  // namespace

std::unique_ptr<Engine> make_engine() { return std::make_unique<SqliteEngine>(); }

}  // namespace certes::contract
