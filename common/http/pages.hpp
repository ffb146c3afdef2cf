#pragma once
// The pages that every listener has: /health/live, /health/ready and /metrics, and its counters among the latter. Who:
// gateway, Master API, dispatcher, standby; before the server starts.

#include <functional>
#include <optional>
#include <string>

#include "common/http/server.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::http {

inline constexpr const char* kLivePath = "/health/live";
inline constexpr const char* kReadyPath = "/health/ready";
inline constexpr const char* kMetricsPath = "/metrics";

struct Pages {
  std::function<std::optional<std::string>()> not_ready;  // why it is not; on the loop's thread, must not block
  // Before the metrics are written. It may block: /metrics is then a worker's.
  std::function<void()> measure = {};
};

// `metrics` must outlive the server.
void add_pages(Server& server, metrics::Metrics& metrics, Pages pages);
// A plain text answer.
Response text_answer(int status, std::string body);

}  // namespace certes::http
