// The contract suite over the embedded engine.

#include <stdexcept>

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

 private:
  test::TemporaryDirectory directory_;
  SystemClock clock_;
};

}  // namespace

std::unique_ptr<Engine> make_engine() { return std::make_unique<SqliteEngine>(); }

}  // namespace certes::contract
