#include "certes/metrics_listener.hpp"

namespace certes {
namespace {

http::ServerOptions options_of(const std::string& listen) {
  http::ServerOptions options;
  options.name = "metrics";
  options.listen = listen;
  options.workers = 1;
  options.max_connections = kMetricsConnections;
  return options;
}

}  // namespace

MetricsListener::MetricsListener(const std::string& listen, metrics::Metrics& metrics,
                                 std::function<std::optional<std::string>()> not_ready, std::function<void()> measure)
    : server_(options_of(listen)), pages_(server_, metrics, {std::move(not_ready), {}, std::move(measure)}) {}

}  // namespace certes
