#pragma once
// RequestCounts: requests of a listener by route and status. Who: Gateway, Api. Its routes are told first; then any
// thread, without a lock but for the first request of each route and status.

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::gateway {

class RequestCounts {
 public:
  RequestCounts(metrics::Metrics& metrics, std::string_view name, std::string_view help);
  // Before the first count: there is that route. Of all others there is one line, "_other".
  void know(std::string_view route);
  // `route`: its pattern, or what the server gives where there is none: "_other".
  void count(std::string_view route, int status);

 private:
  static constexpr int kFirstStatus = 100, kStatuses = 500;
  struct Code {
    std::atomic<bool> resolved{false};
    metrics::Counter counter;
  };
  struct Line {
    std::string pattern;
    std::array<Code, kStatuses> codes;
  };
  metrics::Counter& counter(Line& line, int status);

  metrics::Metrics& metrics_;
  const std::string name_, help_;
  std::vector<std::unique_ptr<Line>> lines_;  // the last is "_other"
  Mutex mutex_;                               // guards resolving
};

}  // namespace certes::gateway
