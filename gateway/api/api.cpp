#include <map>
#include <utility>

#include "gateway/access.hpp"
#include "gateway/api/audit_routes.hpp"
#include "gateway/api/call.hpp"
#include "gateway/api/dead_letter_routes.hpp"
#include "gateway/api/endpoint_actions.hpp"
#include "gateway/api/key_actions.hpp"
#include "gateway/api/resources.hpp"
#include "gateway/gateway.hpp"

namespace certes::gateway {
namespace {

http::ServerOptions options_of(const config::Settings& settings) {
  http::ServerOptions options;
  options.name = "api";
  options.listen = settings.api.listen;
  options.workers = 4;  // they block on the registry and the log
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

class Api::Impl {
 public:
  explicit Impl(Dependencies dependencies)
      : services_(dependencies), server_(options_of(dependencies.settings), Listener::api) {
    add_health();
    api::add_resource_routes(server_, services_);
    api::add_endpoint_actions(server_, services_);
    api::add_dead_letter_routes(server_, services_);
    api::add_key_actions(server_, services_);
    api::add_audit_routes(server_, services_);
    server_.on_finished(
        [this](std::string_view route, int status, std::chrono::microseconds) { count(route, status); });
  }

  Routes& server() { return server_; }

 private:
  void add_health() {
    const Dependencies& deps = services_.deps;
    // Not on the workers, which may all be waiting for the log.
    add_page("/health/live", [] { return text(200, "live\n"); });
    add_page("/health/ready", [&deps] {
      return deps.ready() ? text(200, "ready\n") : text(503, "the registry is being read, or this process leaves\n");
    });
    add_page("/metrics", [&deps] {
      http::Response response = text(200, deps.metrics.text());
      response.content_type = "text/plain; version=0.0.4; charset=utf-8";
      return response;
    });
  }

  void add_page(const char* path, std::function<http::Response()> page) {
    server_.direct("GET", path, [page = std::move(page)](http::Loop&) -> http::DirectHandler {
      return [page](const http::Request&, http::Exchange exchange) { exchange.respond(page()); };
    });
  }

  // On the listener's one loop.
  void count(std::string_view route, int status) {
    const auto key = std::pair{std::string(route), status};
    auto it = requests_.find(key);
    if (it == requests_.end()) {
      it = requests_
               .emplace(key, services_.deps.metrics.counter("certes_api_requests_total", "Requests to the Master API",
                                                            {{"route", key.first}, {"code", std::to_string(status)}}))
               .first;
    }
    it->second.add();
  }

  api::Services services_;
  std::map<std::pair<std::string, int>, metrics::Counter> requests_;  // the loop's
  Routes server_;
};

Api::Api(Dependencies dependencies) : impl_(std::make_unique<Impl>(dependencies)) {}
Api::~Api() = default;
Result<void> Api::start() { return impl_->server().start(); }
std::string Api::address() const { return impl_->server().address(); }
void Api::stop(Millis limit) { impl_->server().stop(limit); }

}  // namespace certes::gateway
