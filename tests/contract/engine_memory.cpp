#include "tests/contract/engine.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::contract {
namespace {

class MemoryEngine final : public Engine {
 public:
  Capabilities capabilities() const override { return {}; }
  std::unique_ptr<log::Log> open() override { return log::memory::make(cluster_); }

  bool spoil(std::unique_ptr<log::Log>&, log::Topic topic, std::int32_t partition, std::int64_t offset) override {
    cluster_->spoil(topic, partition, offset);
    return true;
  }

 private:
  std::shared_ptr<log::memory::Cluster> cluster_ = log::memory::make_cluster({.partitions = kPartitions});
};

}  // namespace

std::unique_ptr<Engine> make_engine() { return std::make_unique<MemoryEngine>(); }

}  // namespace certes::contract
