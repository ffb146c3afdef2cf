#include <map>
#include <utility>

#include "common/http/pages.hpp"
#include "gateway/access.hpp"
#include "gateway/api/audit_routes.hpp"
#include "gateway/api/call.hpp"
#include "gateway/api/dead_letter_routes.hpp"
#include "gateway/api/endpoint_actions.hpp"
#include "gateway/api/event_types.hpp"
#include "gateway/api/key_actions.hpp"
#include "gateway/api/resources.hpp"
#include "gateway/gateway.hpp"

namespace certes::gateway {
namespace {

http::ServerOptions options_of(const config::Settings& settings) {
  http::ServerOptions options;
  options.name = "api";
  options.listen = settings.api.listen;
  options.workers = settings.api.workers;  // they block on the registry and the log
  options.lengthy_workers = settings.api.long_workers;
  options.worker_queue = static_cast<std::size_t>(settings.api.max_queued);
  options.worker_queue_bytes = static_cast<std::size_t>(settings.api.queue_bytes);
  options.max_connections = static_cast<std::size_t>(settings.api.max_connections);
  options.max_unfinished_bytes = static_cast<std::size_t>(settings.api.unfinished_bytes);
  options.tls = {settings.api.tls_cert_file, settings.api.tls_key_file, settings.api.tls_client_ca_file, "api."};
  return options;
}

}  // namespace

class Api::Impl {
 public:
  explicit Impl(Dependencies dependencies)
      : services_(dependencies), server_(options_of(dependencies.settings), Listener::api) {
    add_health();
    api::add_resource_routes(server_, services_);
    api::add_endpoint_actions(server_, services_);
    api::add_event_type_routes(server_, services_);
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
    http::add_pages(server_.server(), deps.metrics, {[&deps]() -> std::optional<std::string> {
                      if (deps.ready()) return std::nullopt;
                      return "the registry is being read, or this process leaves";
                    }});
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
http::Server& Api::server() { return impl_->server().server(); }
void Api::stop(Millis limit) { impl_->server().stop(limit); }

}  // namespace certes::gateway
