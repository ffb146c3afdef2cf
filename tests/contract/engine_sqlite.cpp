// The contract suite over the embedded engine.

#include <stdexcept>

#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/partition.hpp"
#include "common/log/sqlite/sqlite_log.hpp"
#include "tests/contract/engine.hpp"
#include "tests/fakes/temporary_directory.hpp"

namespace certes::contract {
namespace {

class SqliteEngine final : public Engine {
 public:
  Capabilities capabilities() const override { return {}; }
  std::unique_ptr<log::Log> open() override {
    log::sqlite::Options options;
    options.directory = directory_.path();
    options.partitions = kPartitions;
    options.reserve_bytes = 0;
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
  SystemClock clock_;
};

}  // namespace

std::unique_ptr<Engine> make_engine() { return std::make_unique<SqliteEngine>(); }

}  // namespace certes::contract
