#pragma once
// The dispatcher role: one core-loop thread that owns partitions, schedules and records; senders; a listener for health
// and metrics (9620). Who: certes serve, certes dispatcher. start/stop from one thread.

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/sender.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"
#include "common/registry/registry.hpp"

namespace certes::dispatcher {

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
};

class Dispatcher {
 public:
  explicit Dispatcher(Dependencies dependencies);
  ~Dispatcher();
  Result<void> start();
  std::string address() const;
  // Stops admitting, lets requests in flight end (at most `limit`), checkpoints, leaves the group.
  void stop(Millis limit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes::dispatcher
