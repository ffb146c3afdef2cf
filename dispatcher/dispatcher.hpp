#pragma once
// The dispatcher role: one core-loop thread that owns partitions, schedules and records; senders; a listener for health
// and metrics (9620), which is there before the log is reached. Who: certes serve, certes dispatcher. start, open and
// stop: from one thread.

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/client/sender.hpp"
#include "common/http/server/pages.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"
#include "common/questions/question.hpp"
#include "common/registry/registry.hpp"

namespace certes::traces {
class Tracer;
}

namespace certes::dispatcher {

// What its listener needs before the log is reached.
struct Frame {
  const config::Settings& settings;
  metrics::Metrics& metrics;
  const std::atomic<bool>* leaving = nullptr;  // as Dependencies::leaving
  http::Guard may_scrape = {};                 // who may see the metrics; empty: everybody
};

struct Dependencies {
  const config::Settings& settings;
  log::Log& log;
  registry::Registry& registry;
  const crypto::Sealer& sealer;
  metrics::Metrics& metrics;
  const Clock& clock;
  const http::AddressPolicy& addresses;
  // A line per attempt (--dev); called on the core loop. May be empty.
  std::function<void(std::string_view line)> trace;
  // Called once on a fatal error of membership: the process ends with it.
  std::function<void(const Error&)> failed;
  // Set before the process leaves: it is not ready any more, while it still works. May be null.
  const std::atomic<bool>* leaving = nullptr;
  traces::Tracer* tracer = nullptr;  // null: there are no traces
};

class Dispatcher {
 public:
  explicit Dispatcher(Frame frame);
  explicit Dispatcher(Dependencies dependencies);  // start() opens it
  ~Dispatcher();
  Result<void> start();  // binds; conflict where the port is in use
  // From here on it delivers. Once; what is in it outlives this.
  void open(Dependencies dependencies);
  // Why it is not ready, if it is not. Any thread, does not block.
  std::optional<std::string> not_ready() const;
  // Whether it has taken over the first partitions that it was given, so that what comes now is delivered at once; or
  // two seconds have passed since it was opened, whatever it has. Any thread, does not block.
  bool warm() const;
  std::string address() const;
  // Deliveries that are being sent, or whose outcome is being recorded. Any thread.
  std::size_t in_flight() const;
  // Whether an event that was appended before that may have deliveries that have not ended: as long as it has not said
  // of all partitions that none has, so for some moments after the start, or while the log does not answer. Nothing:
  // some partitions are another process's. Any thread; asks the log, at most half a second a partition.
  std::optional<bool> may_be_open_before(UnixMillis at) const;
  // What is measured when somebody reads its metrics, at whichever listener. Any thread; asks the log, and may block.
  void measure();
  // A question of any process of the installation: what this one knows is answered from the core loop, within a
  // second or never (it has no such kind, is asked too much, or is not open). Any thread; does not block. `answered`
  // may be called until stop() has returned.
  void ask(questions::Question question, questions::Answered answered);
  // Stops admitting, lets requests in flight end (at most `limit`), checkpoints, leaves the group.
  void stop(Millis limit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes::dispatcher
