// The contract suite over the kafka engine, on a real broker.

#include <stdexcept>

#include "common/log/kafka/kafka_log.hpp"
#include "tests/common/log/kafka/broker.hpp"
#include "tests/contract/engine.hpp"

namespace certes::contract {
namespace {

class KafkaEngine final : public Engine {
 public:
  Capabilities capabilities() const override { return {.erases = false}; }
  std::unique_ptr<log::Log> open() override {
    auto log = log::kafka::open(options_, clock_);
    if (!log.has_value()) throw std::runtime_error(log.error().message);
    const auto prepared = log.value()->prepare();
    if (!prepared.has_value()) throw std::runtime_error(prepared.error().message);
    return std::move(log.value());
  }

  // The broker is shared: damage has tests of its own.
  bool spoil(std::unique_ptr<log::Log>&, log::Topic, std::int32_t, std::int64_t) override { return false; }

 private:
  const log::kafka::Options options_ = test::kafka_options(test::shared_brokers(), kPartitions);
  SystemClock clock_;
};

}  // namespace

std::unique_ptr<Engine> make_engine() { return std::make_unique<KafkaEngine>(); }

}  // namespace certes::contract
