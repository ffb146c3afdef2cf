#pragma once
// What a listener is made of. Who: Gateway, Api, and what is in them. All it names outlives the listener.

#include <atomic>
#include <functional>
#include <optional>

#include "common/base/clock.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/client/sender.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"
#include "common/registry/registry.hpp"

namespace certes::questions {
class Asker;
}
namespace certes::config {
class Running;
}
namespace certes::traces {
class Tracer;
}

namespace certes::gateway {

// What a listener needs before the log is reached.
struct Frame {
  const config::Settings& settings;
  metrics::Metrics& metrics;
  const Clock& clock;
  const std::atomic<bool>* leaving = nullptr;  // as Dependencies::leaving
  std::function<void()> measure = {};          // before the metrics are written; may block
};

struct Dependencies {
  const config::Settings& settings;
  log::Log& log;
  registry::Registry& registry;
  const crypto::Sealer& sealer;
  metrics::Metrics& metrics;
  const Clock& clock;
  const http::AddressPolicy& addresses;  // for endpoint URLs
  // Set before the process leaves: it is not ready any more, while it still serves. May be null.
  const std::atomic<bool>* leaving = nullptr;
  // Whether an event that was appended before that may have deliveries that have not ended; nothing: this process
  // cannot know. Any thread; may ask the log. Empty: it never knows.
  std::function<std::optional<bool>(UnixMillis)> open_before = {};
  questions::Asker* asker = nullptr;   // of the dispatchers; null: there is nobody to ask
  config::Running* running = nullptr;  // the settings as they stand, and where they are from; null: not known
  traces::Tracer* tracer = nullptr;    // null: there are no traces

  Frame frame() const { return {settings, metrics, clock, leaving}; }
};

}  // namespace certes::gateway
