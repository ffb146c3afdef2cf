#include "gateway/gateway.hpp"

#include <mutex>

#include "gateway/access.hpp"
#include "gateway/ingest/answers.hpp"
#include "gateway/ingest/intake.hpp"

namespace certes::gateway {
namespace {

constexpr const char* kEvents = "/events";
constexpr const char* kSource = "/events/{source}";
constexpr const char* kTenantEvents = "/t/{tenant}/events";
constexpr const char* kTenantSource = "/t/{tenant}/events/{source}";
constexpr const char* kBadPath = "the path is not properly percent-encoded";
constexpr const char* kLive = "/health/live";
constexpr const char* kReady = "/health/ready";
constexpr const char* kMetrics = "/metrics";

Millis millis(double seconds) { return Millis{static_cast<std::int64_t>(seconds * 1'000)}; }

http::ServerOptions server_options(const config::GatewaySettings& settings) {
  http::ServerOptions options;
  options.name = "gateway";
  options.listen = settings.listen;
  options.loops = std::max(1, settings.loops);
  options.max_connections = static_cast<std::size_t>(settings.max_connections);
  options.max_header_bytes = static_cast<std::size_t>(settings.max_header_bytes);
  options.max_body_bytes = static_cast<std::size_t>(settings.max_body_bytes);
  options.header_timeout = millis(settings.header_timeout_seconds);
  options.body_timeout = millis(settings.body_timeout_seconds);
  options.idle_timeout = millis(settings.idle_timeout_seconds);
  return options;
}

http::Response text(int status, std::string body, std::string content_type = "text/plain; charset=utf-8") {
  http::Response response;
  response.status = status;
  response.content_type = std::move(content_type);
  response.body = std::move(body);
  return response;
}

}  // namespace

class Gateway::Impl {
 public:
  explicit Impl(Dependencies dependencies)
      : dependencies_(dependencies),
        metrics_(dependencies.metrics, {kEvents, kTenantEvents, kSource, kTenantSource, kLive, kReady, kMetrics},
                 static_cast<std::size_t>(std::max(0, dependencies.settings.metrics_endpoints))),
        server_(server_options(dependencies.settings.gateway), Listener::gateway) {
    if (!dependencies.log.exact_deduplication()) {
      const auto& window = dependencies.settings.deduplication;
      dedup_ = std::make_unique<ingest::DedupIndex>(static_cast<std::size_t>(std::max<std::int64_t>(0, window.ids)),
                                                    millis(window.seconds));
    }
    add_ingest();
    add_pages();
    server_.on_finished([this](std::string_view route, int status, std::chrono::microseconds took) {
      metrics_.finished(route, status, took);
    });
  }

  // What waits in an Intake answers through the server's loops: they must still be there.
  ~Impl() {
    server_.stop(Millis{0});
    intakes_.clear();
  }

  Routes& server() { return server_; }

 private:
  // One per loop, made by the first of its routes.
  ingest::Intake& intake(http::Loop& loop) {
    const std::lock_guard lock(mutex_);
    auto& place = intakes_[loop.index()];
    if (!place) place = std::make_unique<ingest::Intake>(loop, dependencies_, dedup_.get(), metrics_);
    return *place;
  }

  void add_ingest() {
    server_.direct("POST", kEvents, [this](http::Loop& loop) -> http::DirectHandler {
      return [&intake = intake(loop)](const http::Request& request, http::Exchange exchange) {
        intake.publish(request, {}, std::move(exchange));
      };
    });
    server_.direct("POST", kTenantEvents, [this](http::Loop& loop) -> http::DirectHandler {
      return [&intake = intake(loop)](const http::Request& request, http::Exchange exchange) {
        const auto tenant = http::path_parameter(kTenantEvents, request.path, "tenant");
        if (!tenant) return exchange.respond(ingest::answer({Code::invalid, kBadPath}));
        intake.publish(request, *tenant, std::move(exchange));
      };
    });
    add_source_route(kSource, false);
    add_source_route(kTenantSource, true);
  }

  void add_source_route(const char* pattern, bool with_tenant) {
    server_.direct("POST", pattern, [this, pattern, with_tenant](http::Loop& loop) -> http::DirectHandler {
      return [&intake = intake(loop), pattern, with_tenant](const http::Request& request, http::Exchange exchange) {
        const auto source = http::path_parameter(pattern, request.path, "source");
        const auto tenant =
            with_tenant ? http::path_parameter(pattern, request.path, "tenant") : std::optional<std::string>("default");
        if (!source || !tenant) return exchange.respond(ingest::answer({Code::invalid, kBadPath}));
        intake.webhook(request, *tenant, *source, std::move(exchange));
      };
    });
  }

  void add_pages() {
    add_page(kLive, [] { return text(200, "live\n"); });
    add_page(kReady, [this] {
      return dependencies_.ready() ? text(200, "ready\n") : text(503, "the registry has not caught up yet\n");
    });
    add_page(kMetrics,
             [this] { return text(200, dependencies_.metrics.text(), "text/plain; version=0.0.4; charset=utf-8"); });
  }

  void add_page(const char* path, std::function<http::Response()> page) {
    server_.direct("GET", path, [page = std::move(page)](http::Loop&) -> http::DirectHandler {
      return [page](const http::Request&, http::Exchange exchange) { exchange.respond(page()); };
    });
  }

  const Dependencies dependencies_;
  ingest::IngestMetrics metrics_;
  std::unique_ptr<ingest::DedupIndex> dedup_;
  std::mutex mutex_;
  std::map<int, std::unique_ptr<ingest::Intake>> intakes_;  // by loop; guarded by mutex_
  Routes server_;
};

Gateway::Gateway(Dependencies dependencies) : impl_(std::make_unique<Impl>(dependencies)) {}
Gateway::~Gateway() = default;
Result<void> Gateway::start() { return impl_->server().start(); }
std::string Gateway::address() const { return impl_->server().address(); }
void Gateway::stop(Millis limit) { impl_->server().stop(limit); }

}  // namespace certes::gateway
