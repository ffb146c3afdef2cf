#include "api/api.hpp"

#include "api/audit_routes.hpp"
#include "api/call.hpp"
#include "api/jobs/runner.hpp"
#include "api/table.hpp"
#include "common/http/server/pages.hpp"
#include "gateway/access/door.hpp"
#include "gateway/access/request_counts.hpp"
#include "gateway/access/scrapers.hpp"

namespace certes::api {
namespace {

http::ServerOptions options_of(const config::Settings& settings) {
  http::ServerOptions options;
  options.name = "api";
  options.listen = settings.api.listen;
  options.workers = settings.api.workers;  // they block on the registry and the log
  options.lengthy_workers = settings.api.long_workers;
  options.worker_queue = settings.api.max_queued;
  options.worker_queue_bytes = settings.api.queue_bytes;
  options.max_connections = settings.api.max_connections;
  options.max_unfinished_bytes = settings.api.unfinished_bytes;
  options.tls = {settings.api.tls_cert_file, settings.api.tls_key_file, settings.api.tls_client_ca_file, "api."};
  return options;
}

}  // namespace

class Api::Impl {
 public:
  explicit Impl(const gateway::Frame& frame)
      : frame_(frame),
        counts_(frame.metrics, "certes_api_requests_total", "Requests to the Master API"),
        scrapers_(frame.settings, frame.clock),
        server_(options_of(frame.settings)),
        pages_(server_, frame.metrics,
               gateway::pages_of(
                   frame.settings, scrapers_, [this] { return not_ready(); }, frame_.measure)) {
    for (const ApiRow& row : routes()) {
      counts_.know(row.pattern);
      if (const auto* handler = std::get_if<ApiHandler>(&row.handler)) add(row, *handler);
      if (const auto* begin = std::get_if<ApiSteps>(&row.handler)) add(row, *begin);
      if (const auto* page = std::get_if<ApiPage>(&row.handler)) server_.pooled(row.method, row.pattern, *page);
    }
    server_.on_finished(
        [this](std::string_view route, int status, std::chrono::microseconds) { counts_.count(route, status); });
  }
  ~Impl() { stop(Millis{0}); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void open(const gateway::Dependencies& dependencies) {
    services_ = std::make_unique<Services>(dependencies);
    measure_audit(*services_);
    scrapers_.open(dependencies.registry);
    runner_ = std::make_unique<jobs::Runner>(*services_);
    open_.store(services_.get(), std::memory_order_release);
  }
  void stop(Millis limit) {
    server_.stop(limit);
    runner_.reset();
  }

  http::Server& server() { return server_; }

  std::optional<std::string> not_ready() const {
    const Services* services = open_.load(std::memory_order_acquire);
    if (services == nullptr) return "the log is not reached yet";
    if (!services->deps.registry.caught_up()) return "the registry is being read";
    if (frame_.leaving && *frame_.leaving) return "this process leaves";
    return std::nullopt;
  }

 private:
  template <class Handler>
  void add(const Route& route, Handler handler) {
    http::PooledRoute pooled;
    pooled.lengthy = route.lengthy;
    pooled.max_body_bytes = route.max_body_bytes;
    pooled.enter = [this, &route](const http::Request& request) {
      Services* services = open_.load(std::memory_order_acquire);
      return services ? enter(route, request, *services) : http::Entrance{gateway::Door::not_reached(), {}};
    };
    pooled.handler = [this, &route, handler](const http::Request& request) {
      return serve(route, request, *open_.load(std::memory_order_acquire), handler);
    };
    server_.pooled(route.method, route.pattern, std::move(pooled), [this, &route](http::Loop&) -> http::HeadCheck {
      return [this, &route](const http::Request& head) -> std::optional<http::Response> {
        Services* services = open_.load(std::memory_order_acquire);
        return services ? enter(route, head, *services).answer : gateway::Door::not_reached();
      };
    });
  }

  const gateway::Frame frame_;
  gateway::RequestCounts counts_;
  gateway::Scrapers scrapers_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<jobs::Runner> runner_;
  std::atomic<Services*> open_{nullptr};
  http::Server server_;
  http::Pages pages_;
};

Api::Api(const gateway::Frame& frame) : impl_(std::make_unique<Impl>(frame)) {}
Api::Api(const Dependencies& dependencies) : Api(dependencies.frame()) { open(dependencies); }
Api::~Api() = default;
Result<void> Api::start() { return impl_->server().start(); }
void Api::open(const Dependencies& dependencies) { impl_->open(dependencies); }
std::optional<std::string> Api::not_ready() const { return impl_->not_ready(); }
std::string Api::address() const { return impl_->server().address(); }
http::Server& Api::server() { return impl_->server(); }
void Api::stop(Millis limit) { impl_->stop(limit); }

}  // namespace certes::api
