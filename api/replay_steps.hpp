#pragma once
// ReplaySteps: replays on their way to `events` (or what discards dead letters, to `dead-letters`), in steps of at most
// a mebibyte (or one record), each acknowledged before the next; and of all requests of a process one step at a time,
// tenant by tenant. So nobody's record waits behind more than that, and no more of a page is held. Who:
// dead_letter_replay, one per request. Confined to it: its steps may be different threads', one after the other
// (LongSteps). Blocks.

#include <memory>
#include <string>
#include <vector>

#include "api/call.hpp"
#include "common/base/wake_signal.hpp"
#include "common/log/log.hpp"

namespace certes::api {

class ReplaySteps {
 public:
  static constexpr std::size_t kStepBytes = 1u << 20;

  ReplaySteps(Services& services, std::string tenant, log::Topic topic = log::Topic::events);

  // In the partition of its letter, where repeats of it meet. False: it has failed, see finish(); nothing more is
  // taken.
  bool add(std::int32_t partition, log::Record&& record);

  struct Appended {
    std::size_t stored = 0;
    std::size_t repeated = 0;  // stood there before
  };
  // Once all were added. Error: none, or not all, are surely there: unavailable, unknown_outcome.
  Result<Appended> finish();

 private:
  struct Replay {
    std::int32_t partition;
    log::Record record;
  };
  bool append_step();
  void wait_for_log();
  void count(log::AppendResult&& result);

  Services& services_;
  const std::string tenant_;
  const log::Topic topic_;
  std::vector<Replay> step_;
  std::size_t step_bytes_ = 0;
  std::size_t added_ = 0;
  Appended appended_;
  std::size_t unknown_ = 0;
  std::optional<Error> error_;
  const std::shared_ptr<WakeSignal> signal_ = std::make_shared<WakeSignal>();
  std::unique_ptr<log::Appender> appender_;  // last: what it calls is above
};

}  // namespace certes::api
