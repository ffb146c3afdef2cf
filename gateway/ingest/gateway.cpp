#include "gateway/gateway.hpp"

#include <mutex>

#include "common/http/pages.hpp"
#include "gateway/access.hpp"
#include "gateway/ingest/answers.hpp"
#include "gateway/ingest/commands/command_intake.hpp"
#include "gateway/ingest/dedup_follower.hpp"
#include "gateway/ingest/intake.hpp"
#include "gateway/ingest/redeliveries.hpp"
#include "gateway/ingest/stream_intake.hpp"

namespace certes::gateway {
namespace {

constexpr const char* kEvents = "/events";
constexpr const char* kSource = "/events/{source}";
constexpr const char* kTenantEvents = "/t/{tenant}/events";
constexpr const char* kTenantSource = "/t/{tenant}/events/{source}";
constexpr const char* kBadPath = "the path is not properly percent-encoded";
constexpr const char* kCommand = "/commands/{name}";
constexpr const char* kCommandId = "/commands/{id}";
constexpr const char* kResult = "/commands/{id}/result";
constexpr const char* kReplySecret = "/commands/reply-secret";
constexpr const char* kStream = "/stream";
constexpr const char* kLog = "/logs/{key}";
constexpr const char* kTenantStream = "/t/{tenant}/stream";

Millis millis(double seconds) { return Millis{static_cast<std::int64_t>(seconds * 1'000)}; }

http::ServerOptions server_options(const config::Settings& all) {
  const config::GatewaySettings& settings = all.gateway;
  http::ServerOptions options;
  options.name = "gateway";
  options.listen = settings.listen;
  options.loops = std::max(1, settings.loops);
  options.max_connections = static_cast<std::size_t>(settings.max_connections);
  options.max_connections_per_peer = static_cast<std::size_t>(settings.max_connections_per_peer);
  options.unlimited_peer = [clients = Clients(all)](std::string_view peer) { return clients.is_trusted_proxy(peer); };
  options.max_unfinished_bytes = static_cast<std::size_t>(settings.unfinished_bytes);
  options.max_header_bytes = static_cast<std::size_t>(settings.max_header_bytes);
  options.max_body_bytes = static_cast<std::size_t>(settings.max_body_bytes);
  options.header_timeout = millis(settings.header_timeout_seconds);
  options.body_timeout = millis(settings.body_timeout_seconds);
  options.idle_timeout = millis(settings.idle_timeout_seconds);
  options.tls = {settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file, "gateway."};
  return options;
}

// Of an engine that more than one gateway may use.
log::LineCarrier* carrier_of(log::Log& log) {
  auto* source = dynamic_cast<log::LineSource*>(&log);
  return source ? source->line_carrier() : nullptr;
}

stream::Tail::Options tail_options(const config::GatewaySettings& settings) {
  return {static_cast<std::size_t>(settings.stream_buffer_bytes), millis(settings.stream_heartbeat_seconds)};
}

commands::Searcher::Options search_options(const config::CommandSettings& settings) {
  return {millis(settings.search_seconds), settings.search_threads, static_cast<std::size_t>(settings.max_searches),
          static_cast<std::size_t>(settings.search_memory_bytes),
          static_cast<std::size_t>(settings.absent_memory_bytes)};
}

}  // namespace

class Gateway::Impl {
 public:
  explicit Impl(Dependencies dependencies)
      : dependencies_(dependencies),
        metrics_(dependencies.metrics,
                 {kEvents, kTenantEvents, kSource, kTenantSource, kCommand, kCommandId, kResult, kReplySecret, kStream,
                  kTenantStream, kLog, http::kLivePath, http::kReadyPath, http::kMetricsPath},
                 static_cast<std::size_t>(std::max(0, dependencies.settings.metrics_endpoints))),
        searcher_(std::make_unique<commands::Searcher>(dependencies.log, dependencies.metrics,
                                                       search_options(dependencies.settings.commands))),
        crowd_(dependencies.metrics, static_cast<std::size_t>(dependencies.settings.gateway.stream_watchers),
               static_cast<std::size_t>(dependencies.settings.gateway.stream_buffer_bytes)),
        room_(dependencies.metrics, static_cast<std::size_t>(dependencies.settings.gateway.max_waiters)),
        tail_(std::make_unique<stream::Tail>(dependencies.log, tail_options(dependencies.settings.gateway))),
        server_(server_options(dependencies.settings), Listener::gateway) {
    lines_ = std::make_unique<stream::Lines>(*tail_, carrier_of(dependencies.log));
    if (!dependencies.log.exact_deduplication()) make_dedup();
    make_idempotency();
    make_redeliveries();
    add_ingest();
    add_commands();
    add_stream();
    add_pages();
    server_.on_finished([this](std::string_view route, int status, std::chrono::microseconds took) {
      metrics_.finished(route, status, took);
    });
  }

  // What waits in an Intake answers through the server's loops: they must still be there.
  ~Impl() {
    server_.stop(Millis{0});
    searcher_.reset();
    lines_.reset();
    tail_.reset();
    streams_.clear();
    commands_.clear();
    intakes_.clear();
  }

  Result<void> start() {
    const auto& window = dependencies_.settings.deduplication;
    if (dedup_ && window.ids > 0 && window.seconds > 0) {
      follower_ = std::make_unique<ingest::DedupFollower>(
          dependencies_.log, *dedup_, dependencies_.clock, dependencies_.metrics,
          ingest::DedupFollower::Options{window.read_back, millis(window.seconds), millis(window.read_back_seconds),
                                         window.follow});
    }
    return server_.start();
  }
  // Who waits gets the answer that there is.
  void stop(Millis limit) {
    tail_->end_waits();
    server_.stop(limit);
  }
  Routes& server() { return server_; }
  bool warm() const { return !follower_ || follower_->warm(); }

 private:
  // Repeats meet in one partition, but a gateway takes those of all.
  void make_dedup() {
    const auto& window = dependencies_.settings.deduplication;
    const auto ids = static_cast<std::size_t>(std::max<std::int64_t>(0, window.ids)) *
                     static_cast<std::size_t>(std::max(1, dependencies_.log.partitions()));
    const auto bytes = static_cast<std::size_t>(window.memory_bytes);
    dedup_ = std::make_unique<ingest::DedupIndex>(std::min(ids, ingest::DedupIndex::most_within(bytes)),
                                                  millis(window.seconds));
    const metrics::Labels labels{{"role", "gateway"}};
    auto count = dependencies_.metrics.gauge("certes_deduplication_ids", "Identities remembered.", labels);
    auto size = dependencies_.metrics.gauge("certes_deduplication_bytes", "Memory of their index.", labels);
    dependencies_.metrics.on_scrape([index = dedup_, count, size]() mutable {
      count.set(static_cast<double>(index->size()));
      size.set(static_cast<double>(index->bytes()));
    });
  }

  void make_redeliveries() {
    const auto& window = dependencies_.settings.deduplication;
    if (window.ids <= 0 || window.seconds <= 0 || window.redeliver_ids <= 0) return;
    redeliveries_ = std::make_unique<ingest::Redeliveries>(
        dependencies_.log, dependencies_.clock, dependencies_.metrics,
        ingest::Redeliveries::Options{millis(window.seconds), static_cast<std::size_t>(window.redeliver_ids),
                                      static_cast<std::size_t>(std::max<std::int64_t>(1, window.redeliver_waiting))});
  }

  void make_idempotency() {
    const auto& kept = dependencies_.settings.idempotency;
    idempotency_ = std::make_shared<ingest::IdempotencyIndex>(
        ingest::IdempotencyIndex::Options{static_cast<std::size_t>(std::max<std::int64_t>(0, kept.keys)),
                                          static_cast<std::size_t>(kept.memory_bytes), millis(kept.seconds)});
    auto keys = dependencies_.metrics.gauge("certes_gateway_idempotency_keys", "Idempotency-Keys remembered.");
    auto bytes = dependencies_.metrics.gauge("certes_gateway_idempotency_bytes", "Memory of them and their answers.");
    dependencies_.metrics.on_scrape([index = idempotency_, keys, bytes]() mutable {
      keys.set(static_cast<double>(index->size()));
      bytes.set(static_cast<double>(index->bytes()));
    });
  }

  // One per loop, made by the first of its routes.
  ingest::Intake& intake(http::Loop& loop) {
    const std::lock_guard lock(mutex_);
    auto& place = intakes_[loop.index()];
    if (!place)
      place = std::make_unique<ingest::Intake>(loop, dependencies_,
                                               ingest::Acceptor::Shared{dedup_.get(), redeliveries_.get()},
                                               *idempotency_, limits_, schemas_, metrics_, *tail_, room_);
    return *place;
  }

  commands::CommandIntake& command_intake(http::Loop& loop) {
    ingest::Intake& own = intake(loop);
    const std::lock_guard lock(mutex_);
    auto& place = commands_[loop.index()];
    if (!place) place = std::make_unique<commands::CommandIntake>(loop, dependencies_, own, *searcher_, metrics_);
    return *place;
  }

  ingest::StreamIntake& stream_intake(http::Loop& loop) {
    const std::lock_guard lock(mutex_);
    auto& place = streams_[loop.index()];
    if (!place) place = std::make_unique<ingest::StreamIntake>(loop, dependencies_, *tail_, crowd_, *lines_);
    return *place;
  }

  using CommandHandler = void (commands::CommandIntake::*)(const http::Request&, std::string_view, http::Exchange);

  // `parameter`: the part of the path that the handler is given.
  void add_command_route(const char* method, const char* pattern, const char* parameter, CommandHandler handler) {
    server_.direct(method, pattern, [this, pattern, parameter, handler](http::Loop& loop) -> http::DirectHandler {
      return [&intake = command_intake(loop), pattern, parameter, handler](const http::Request& request,
                                                                           http::Exchange exchange) {
        const auto value = http::path_parameter(pattern, request.path, parameter);
        if (!value) return exchange.respond(ingest::answer({Code::invalid, kBadPath}));
        (intake.*handler)(request, *value, std::move(exchange));
      };
    });
  }

  void add_commands() {
    add_command_route("POST", kCommand, "name", &commands::CommandIntake::accept);
    add_command_route("GET", kCommandId, "id", &commands::CommandIntake::show);
    add_command_route("POST", kResult, "id", &commands::CommandIntake::take_result);
    server_.direct("POST", kReplySecret, [this](http::Loop& loop) -> http::DirectHandler {
      return [&intake = command_intake(loop)](const http::Request& request, http::Exchange exchange) {
        intake.show_secret(request, std::move(exchange));
      };
    });
  }

  using StreamHandler = void (ingest::StreamIntake::*)(const http::Request&, std::string_view, http::Exchange);

  // `parameter`: the part of the path that the handler is given; null: none.
  void add_stream_route(const char* method, const char* pattern, const char* parameter, StreamHandler handler) {
    server_.direct(method, pattern, [this, pattern, parameter, handler](http::Loop& loop) -> http::DirectHandler {
      return [&intake = stream_intake(loop), pattern, parameter, handler](const http::Request& request,
                                                                          http::Exchange exchange) {
        const auto value = parameter ? http::path_parameter(pattern, request.path, parameter) : std::string();
        if (!value) return exchange.respond(ingest::answer({Code::invalid, kBadPath}));
        (intake.*handler)(request, *value, std::move(exchange));
      };
    });
  }

  void add_stream() {
    add_stream_route("GET", kStream, nullptr, &ingest::StreamIntake::show);
    add_stream_route("GET", kTenantStream, "tenant", &ingest::StreamIntake::show);
    add_stream_route("POST", kLog, "key", &ingest::StreamIntake::take_line);
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
    add_source_method("POST", pattern, with_tenant, &ingest::Intake::webhook);
    add_source_method("GET", pattern, with_tenant, &ingest::Intake::handshake);
    add_source_method("OPTIONS", pattern, with_tenant, &ingest::Intake::handshake);
  }

  using SourceHandler = void (ingest::Intake::*)(const http::Request&, std::string_view tenant, std::string_view source,
                                                 http::Exchange);
  void add_source_method(const char* method, const char* pattern, bool with_tenant, SourceHandler handler) {
    server_.direct(method, pattern, [this, pattern, with_tenant, handler](http::Loop& loop) -> http::DirectHandler {
      return [&intake = intake(loop), pattern, with_tenant, handler](const http::Request& request,
                                                                     http::Exchange exchange) {
        const auto source = http::path_parameter(pattern, request.path, "source");
        const auto tenant =
            with_tenant ? http::path_parameter(pattern, request.path, "tenant") : std::optional<std::string>("default");
        if (!source || !tenant) return exchange.respond(ingest::answer({Code::invalid, kBadPath}));
        (intake.*handler)(request, *tenant, *source, std::move(exchange));
      };
    });
  }

  void add_pages() {
    http::add_pages(server_.server(), dependencies_.metrics, {[this]() -> std::optional<std::string> {
                      if (!warm()) return "events are being read back for de-duplication";
                      if (dependencies_.ready()) return std::nullopt;
                      return "the registry has not caught up yet";
                    }});
  }

  const Dependencies dependencies_;
  ingest::IngestMetrics metrics_;
  std::shared_ptr<ingest::DedupIndex> dedup_;
  std::shared_ptr<ingest::IdempotencyIndex> idempotency_;
  std::unique_ptr<ingest::DedupFollower> follower_;
  std::unique_ptr<ingest::Redeliveries> redeliveries_;
  ingest::RateLimits limits_;
  ingest::SchemaCache schemas_;
  std::mutex mutex_;
  std::map<int, std::unique_ptr<ingest::Intake>> intakes_;            // by loop; guarded by mutex_
  std::map<int, std::unique_ptr<commands::CommandIntake>> commands_;  // the same
  std::unique_ptr<commands::Searcher> searcher_;
  stream::Crowd crowd_;
  ingest::WaitingRoom room_;
  std::unique_ptr<stream::Tail> tail_;
  std::unique_ptr<stream::Lines> lines_;
  std::map<int, std::unique_ptr<ingest::StreamIntake>> streams_;  // by loop; guarded by mutex_
  Routes server_;
};

Gateway::Gateway(Dependencies dependencies) : impl_(std::make_unique<Impl>(dependencies)) {}
Gateway::~Gateway() = default;
Result<void> Gateway::start() { return impl_->start(); }
bool Gateway::warm() const { return impl_->warm(); }
std::string Gateway::address() const { return impl_->server().address(); }
http::Server& Gateway::server() { return impl_->server().server(); }
void Gateway::stop(Millis limit) { impl_->stop(limit); }

}  // namespace certes::gateway
