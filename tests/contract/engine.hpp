#pragma once
// What an engine of the log gives to the contract suite: a store of its own, opened as often as a case wants. Each
// binary links the suite (certes_contract_suite) with one file that defines make_engine(); certes_contract_test() in
// CMakeLists.txt puts the two together. Confined to the test's thread.

#include <chrono>
#include <memory>

#include "common/base/clock.hpp"
#include "common/log/log.hpp"

namespace certes::contract {

inline constexpr std::int32_t kPartitions = 3;

// Where engines may differ; the suite leaves out what does not apply.
struct Capabilities {
  bool durable = true;  // a log that is opened again has what was acknowledged
  bool erases = true;   // Log::erase works
  bool ages = false;    // it deletes attempts and dead letters itself once they are older than Engine::kKept
  // The bound of every wait for something that must come; never asserted as a duration.
  std::chrono::seconds patience{60};
};

class Engine {
 public:
  virtual ~Engine() = default;
  virtual Capabilities capabilities() const = 0;
  // Opens this engine's store, empty at first (a fresh directory, a fresh prefix), with kPartitions partitions, and
  // prepares it. A case destroys the log before it opens the store again. Throws if it cannot.
  virtual std::unique_ptr<log::Log> open() = 0;
  // Of an engine that ages: how long it keeps them; it is so much later for it.
  static constexpr std::chrono::hours kKept{24};
  virtual void pass(std::chrono::hours) {}
  // Makes a record unreadable where it lies, and opens the log anew if that needs it. False: it cannot here.
  virtual bool spoil(std::unique_ptr<log::Log>& log, log::Topic topic, std::int32_t partition, std::int64_t offset) = 0;
};

// A new engine with an empty store. Each case makes its own.
std::unique_ptr<Engine> make_engine();

}  // namespace certes::contract
