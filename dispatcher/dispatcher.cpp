#include "dispatcher/dispatcher.hpp"

#include <algorithm>

#include "common/http/server.hpp"
#include "dispatcher/core_loop.hpp"

namespace certes::dispatcher {
namespace {

http::ServerOptions listener(const std::string& listen) {
  http::ServerOptions options;
  options.name = "dispatcher";
  options.listen = listen;
  options.loops = 1;
  options.workers = 1;
  options.max_connections = 1'000;
  return options;
}

http::Response text(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

}  // namespace

class Dispatcher::Impl {
 public:
  explicit Impl(Dependencies dependencies)
      : dependencies_(std::move(dependencies)),
        loop_(dependencies_),
        lag_(dependencies_.metrics.gauge("certes_consumer_lag", "Records that are not read yet, of owned partitions",
                                         {{"topic", "events"}})),
        server_(listener(dependencies_.settings.dispatcher.listen)) {}

  Result<void> start() {
    server_.direct("GET", "/health/live", [](http::Loop&) {
      return [](const http::Request&, http::Exchange exchange) { exchange.respond(text(200, "live\n")); };
    });
    server_.direct("GET", "/health/ready", [this](http::Loop&) {
      return [this](const http::Request&, http::Exchange exchange) { exchange.respond(ready()); };
    });
    server_.pooled("GET", "/metrics", [this](const http::Request&) {
      measure_lag();
      http::Response response = text(200, dependencies_.metrics.text());
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      return response;
    });
    if (auto started = server_.start(); !started) return started;
    loop_.start();
    return {};
  }

  std::string address() const { return server_.address(); }

  void stop(Millis limit) {
    loop_.stop(limit);  // until then the listener says how it goes
    server_.stop(Millis{1'000});
  }

 private:
  // Asks the log, which may block: on the listener's worker. An unreachable log leaves the last value.
  void measure_lag() {
    std::int64_t lag = 0;
    for (const auto& [partition, position] : loop_.positions()) {
      const auto range = dependencies_.log.offsets(log::Topic::events, partition, Millis{500});
      if (!range) return;
      lag += std::max<std::int64_t>(0, range->end - position);
    }
    lag_.set(static_cast<double>(lag));
  }

  http::Response ready() const {
    if (!loop_.running()) return text(503, "not running\n");
    if (dependencies_.leaving && *dependencies_.leaving) return text(503, "leaving\n");
    if (!dependencies_.registry.caught_up()) return text(503, "the registry is being read\n");
    return text(200, "ready\n");
  }

  const Dependencies dependencies_;
  CoreLoop loop_;
  metrics::Gauge lag_;
  http::Server server_;  // destroyed first: its handlers ask the loop
};

Dispatcher::Dispatcher(Dependencies dependencies) : impl_(std::make_unique<Impl>(std::move(dependencies))) {}
Dispatcher::~Dispatcher() = default;
Result<void> Dispatcher::start() { return impl_->start(); }
std::string Dispatcher::address() const { return impl_->address(); }
void Dispatcher::stop(Millis limit) { impl_->stop(limit); }

}  // namespace certes::dispatcher
