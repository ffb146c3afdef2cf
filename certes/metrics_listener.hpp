#pragma once
// MetricsListener: the listener of metrics.listen: /metrics and /health/* of the whole process, without keys. Who:
// Runtime, where that is set. start/stop from one thread.

#include <functional>
#include <optional>
#include <string>

#include "common/base/result.hpp"
#include "common/http/server/pages.hpp"
#include "common/http/server/server.hpp"

namespace certes {

inline constexpr std::size_t kMetricsConnections = 100;  // the most that it takes at once

class MetricsListener {
 public:
  // `not_ready`: of the roles of this process; any thread, must not block. `measure`: before the metrics are written;
  // may block.
  MetricsListener(const std::string& listen, metrics::Metrics& metrics,
                  std::function<std::optional<std::string>()> not_ready, std::function<void()> measure);
  ~MetricsListener() { stop(); }

  Result<void> start() { return server_.start(); }
  std::string address() const { return server_.address(); }
  void stop() { server_.stop(Millis{200}); }

 private:
  http::Server server_;
  http::Pages pages_;
};

}  // namespace certes
