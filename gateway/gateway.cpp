#include "gateway/gateway.hpp"

#include "common/http/server/pages.hpp"
#include "gateway/access/request_counts.hpp"
#include "gateway/access/scrapers.hpp"
#include "gateway/desk.hpp"
#include "gateway/informant.hpp"
#include "gateway/repeats/dedup_follower.hpp"
#include "gateway/repeats/redeliveries.hpp"
#include "gateway/table.hpp"

namespace certes::gateway {
namespace {

http::ServerOptions server_options(const config::Settings& all) {
  const config::GatewaySettings& settings = all.gateway;
  http::ServerOptions options;
  options.name = "gateway";
  options.listen = settings.listen;
  options.loops = settings.loops;
  options.max_connections = settings.max_connections;
  options.max_connections_per_peer = settings.max_connections_per_peer;
  options.unlimited_peer = [clients = Clients(all)](std::string_view peer) { return clients.is_trusted_proxy(peer); };
  options.max_unfinished_bytes = settings.unfinished_bytes;
  options.max_header_bytes = settings.max_header_bytes;
  options.max_body_bytes = settings.max_body_bytes;
  options.header_timeout = settings.header_timeout;
  options.body_timeout = settings.body_timeout;
  options.idle_timeout = settings.idle_timeout;
  options.tls = {settings.tls_cert_file, settings.tls_key_file, settings.tls_client_ca_file, "gateway."};
  return options;
}

// Of an engine that more than one gateway may use.
log::LineCarrier* carrier_of(log::Log& log) {
  auto* source = dynamic_cast<log::LineSource*>(&log);
  return source ? source->line_carrier() : nullptr;
}

std::size_t stream_buffers_bytes(const config::GatewaySettings& settings) {
  constexpr std::size_t kLeast = 64 << 20;
  const std::size_t of_one = settings.stream_buffer_bytes + 4 * settings.max_body_bytes;
  const std::size_t said = settings.stream_buffers_bytes;
  return said != 0 ? said : std::max(kLeast, of_one);
}

stream::Tail::Options tail_options(const config::GatewaySettings& settings, metrics::Metrics& metrics) {
  return {settings.stream_buffer_bytes,
          settings.stream_heartbeat,
          {settings.waiter_bytes, settings.waiters_bytes,
           metrics.counter("certes_gateway_waits_cut_total",
                           "Answers that who waits was not shown, as they took too much room")}};
}

commands::Searcher::Options search_options(const config::CommandSettings& settings) {
  return {settings.search_timeout, settings.search_threads, settings.max_searches, settings.search_memory_bytes,
          settings.absent_memory_bytes};
}

}  // namespace

// What there is once the log is reached. Its loops' desks are made by the first request of each.
class Gateway::Services {
 public:
  Services(const Dependencies& dependencies, ingest::IngestMetrics& metrics, ingest::RefusedRequests& refused,
           std::size_t loops)
      : dependencies_(dependencies),
        metrics_(metrics),
        refused_(refused),
        unverified_(dependencies.settings.gateway.unverified_per_second,
                    dependencies.settings.gateway.unverified_peers),
        heavy_(std::make_unique<ingest::HeavyWork>(schemas_, dependencies.settings.gateway.unknown_types == "strict",
                                                   dependencies.metrics,
                                                   ingest::HeavyWork::options_of(dependencies.settings.gateway))),
        searcher_(std::make_unique<commands::Searcher>(dependencies.log, dependencies.metrics,
                                                       search_options(dependencies.settings.commands))),
        crowd_(dependencies.metrics, dependencies.settings.gateway.stream_watchers,
               dependencies.settings.gateway.stream_buffer_bytes, stream_buffers_bytes(dependencies.settings.gateway)),
        room_(dependencies.metrics, dependencies.settings.gateway.max_waiters),
        tail_(std::make_unique<stream::Tail>(dependencies.log, *crowd_.unread,
                                             tail_options(dependencies.settings.gateway, dependencies.metrics))),
        desks_(loops) {
    lines_ = std::make_unique<stream::Lines>(*tail_, carrier_of(dependencies.log));
    if (!dependencies.log.exact_deduplication()) make_dedup();
    make_idempotency();
    make_redeliveries();
    follow();
  }

  // What waits at a desk answers through the server's loops: they must still be there.
  ~Services() {
    searcher_.reset();
    heavy_.reset();
    lines_.reset();
    tail_.reset();
    desks_.clear();
  }
  Services(const Services&) = delete;
  Services& operator=(const Services&) = delete;

  // On that loop's thread.
  ingest::Desk& desk(http::Loop& loop) {
    auto& place = desks_[static_cast<std::size_t>(loop.index())];
    if (!place)
      place = std::make_unique<ingest::Desk>(
          loop, ingest::DeskShared{dependencies_, intake_shared(), *searcher_, crowd_, *lines_});
    return *place;
  }

  bool warm() const { return !follower_ || follower_->warm(); }
  bool caught_up() const { return dependencies_.registry.caught_up(); }
  // Who waits gets the answer that there is.
  void end_waits() { tail_->end_waits(); }

 private:
  ingest::Intake::Shared intake_shared() {
    return {{dedup_.get(), redeliveries_.get(), registry_position(), dependencies_.tracer},
            *idempotency_,
            limits_,
            unverified_,
            schemas_,
            *heavy_,
            metrics_,
            *tail_,
            room_,
            refused_};
  }

  event::RegistryPosition registry_position() const {
    return [&registry = dependencies_.registry] { return registry.position(); };
  }

  // Repeats meet in one partition, but a gateway takes those of all.
  void make_dedup() {
    const auto& known = dependencies_.settings.deduplication;
    const std::size_t ids = known.ids * static_cast<std::size_t>(std::max(1, dependencies_.log.partitions()));
    dedup_ = std::make_unique<ingest::DedupIndex>(std::min(ids, ingest::DedupIndex::most_within(known.memory_bytes)),
                                                  known.window);
    const metrics::Labels labels{{"role", "gateway"}};
    auto count = dependencies_.metrics.gauge("certes_deduplication_ids", "Identities remembered.", labels);
    auto size = dependencies_.metrics.gauge("certes_deduplication_bytes", "Memory of their index.", labels);
    dependencies_.metrics.on_scrape([index = dedup_, count, size]() mutable {
      count.set(static_cast<double>(index->size()));
      size.set(static_cast<double>(index->bytes()));
    });
  }

  void make_redeliveries() {
    const auto& known = dependencies_.settings.deduplication;
    if (known.ids == 0 || known.window == Millis{0} || known.redeliver_ids == 0) return;
    redeliveries_ = std::make_unique<ingest::Redeliveries>(
        dependencies_.log, dependencies_.clock, dependencies_.metrics,
        ingest::Redeliveries::Options{known.window, known.redeliver_ids, known.redeliver_waiting, registry_position()});
  }

  void make_idempotency() {
    const auto& kept = dependencies_.settings.idempotency;
    idempotency_ = std::make_shared<ingest::IdempotencyIndex>(
        ingest::IdempotencyIndex::Options{kept.keys, kept.memory_bytes, kept.window});
    auto keys = dependencies_.metrics.gauge("certes_gateway_idempotency_keys", "Idempotency-Keys remembered.");
    auto bytes = dependencies_.metrics.gauge("certes_gateway_idempotency_bytes", "Memory of them and their answers.");
    dependencies_.metrics.on_scrape([index = idempotency_, keys, bytes]() mutable {
      keys.set(static_cast<double>(index->size()));
      bytes.set(static_cast<double>(index->bytes()));
    });
  }

  void follow() {
    const auto& known = dependencies_.settings.deduplication;
    if (!dedup_ || known.ids == 0 || known.window == Millis{0}) return;
    follower_ = std::make_unique<ingest::DedupFollower>(
        dependencies_.log, *dedup_, dependencies_.clock, dependencies_.metrics,
        ingest::DedupFollower::Options{
            {known.read_back, known.read_back_bytes}, known.window, known.read_back_time, known.follow});
  }

  const Dependencies dependencies_;
  ingest::IngestMetrics& metrics_;
  ingest::RefusedRequests& refused_;
  std::shared_ptr<ingest::DedupIndex> dedup_;
  std::shared_ptr<ingest::IdempotencyIndex> idempotency_;
  std::unique_ptr<ingest::DedupFollower> follower_;
  std::unique_ptr<ingest::Redeliveries> redeliveries_;
  ingest::RateLimits limits_;
  ingest::Unverified unverified_;
  ingest::SchemaCache schemas_;
  std::unique_ptr<ingest::HeavyWork> heavy_;
  std::unique_ptr<commands::Searcher> searcher_;
  stream::Crowd crowd_;
  ingest::WaitingRoom room_;
  std::unique_ptr<stream::Tail> tail_;
  std::unique_ptr<stream::Lines> lines_;
  std::vector<std::unique_ptr<ingest::Desk>> desks_;  // by loop, each confined to it
};

class Gateway::Impl {
 public:
  explicit Impl(const Frame& frame)
      : frame_(frame),
        metrics_(frame.metrics, frame.settings.metrics_endpoints),
        informant_(frame, metrics_.tallies()),
        counts_(frame.metrics, "certes_gateway_requests_total", "Requests that were answered."),
        scrapers_(frame.settings, frame.clock),
        server_(server_options(frame.settings)),
        pages_(server_, frame.metrics,
               pages_of(
                   frame.settings, scrapers_, [this] { return not_ready(); }, frame_.measure)) {
    for (const IngestRow& row : routes()) {
      counts_.know(row.pattern);
      if (const auto* handler = std::get_if<IngestHandler>(&row.handler)) add(row, *handler);
    }
    server_.on_finished([this](std::string_view route, int status, std::chrono::microseconds took) {
      counts_.count(route, status);
      metrics_.finished(took);
    });
  }

  ~Impl() {
    server_.stop(Millis{0});
    services_.reset();
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void open(const Dependencies& dependencies) {
    services_ = std::make_unique<Services>(dependencies, metrics_, informant_.refused(),
                                           static_cast<std::size_t>(frame_.settings.gateway.loops));
    scrapers_.open(dependencies.registry);
    open_.store(services_.get(), std::memory_order_release);
  }

  void stop(Millis limit) {
    if (services_) services_->end_waits();
    server_.stop(limit);
  }
  http::Server& server() { return server_; }
  bool warm() const { return services_ && services_->warm(); }

  std::optional<std::string> not_ready() const {
    const Services* services = open_.load(std::memory_order_acquire);
    if (services == nullptr) return "the log is not reached yet";
    if (!services->warm()) return "events are being read back for de-duplication";
    if (!services->caught_up()) return "the registry has not caught up yet";
    if (frame_.leaving && *frame_.leaving) return "this process leaves";
    return std::nullopt;
  }

  std::optional<questions::Answer> answer(const questions::Question& question) { return informant_.answer(question); }

 private:
  // Null: the log is not reached yet.
  ingest::Desk* desk(http::Loop& loop) {
    Services* services = open_.load(std::memory_order_acquire);
    return services ? &services->desk(loop) : nullptr;
  }

  void add(const Route& route, IngestHandler handler) {
    const auto make = [this, &route, handler](http::Loop& loop) -> http::DirectHandler {
      return [this, &route, handler, &loop](const http::Request& request, http::Exchange exchange) {
        if (ingest::Desk* own = desk(loop)) return own->serve(route, handler, request, std::move(exchange));
        if (route.takes_in) metrics_.rejected("", "", "not_accepted");
        exchange.respond(Door::not_reached());
      };
    };
    const auto look = [this, &route](http::Loop& loop) -> http::HeadCheck {
      return [this, &route, &loop](const http::Request& head) -> std::optional<http::Response> {
        if (ingest::Desk* own = desk(loop)) return own->look(route, head);
        return Door::not_reached();
      };
    };
    server_.direct(route.method, route.pattern, make, look);
  }

  const Frame frame_;
  ingest::IngestMetrics metrics_;
  Informant informant_;
  RequestCounts counts_;
  Scrapers scrapers_;
  std::unique_ptr<Services> services_;
  std::atomic<Services*> open_{nullptr};
  http::Server server_;
  http::Pages pages_;
};

Gateway::Gateway(const Frame& frame) : impl_(std::make_unique<Impl>(frame)) {}
Gateway::Gateway(const Dependencies& dependencies) : Gateway(dependencies.frame()) { open(dependencies); }
Gateway::~Gateway() = default;
Result<void> Gateway::start() { return impl_->server().start(); }
void Gateway::open(const Dependencies& dependencies) { impl_->open(dependencies); }
std::optional<std::string> Gateway::not_ready() const { return impl_->not_ready(); }
bool Gateway::warm() const { return impl_->warm(); }
std::optional<questions::Answer> Gateway::answer(const questions::Question& question) {
  return impl_->answer(question);
}
std::string Gateway::address() const { return impl_->server().address(); }
http::Server& Gateway::server() { return impl_->server(); }
void Gateway::stop(Millis limit) { impl_->stop(limit); }

}  // namespace certes::gateway
