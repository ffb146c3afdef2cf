#include "common/http/server/server.hpp"

#include "common/http/server/server_loop.hpp"
#include "common/http/server/server_metrics.hpp"

namespace certes::http {

Exchange& Exchange::operator=(Exchange&& other) noexcept {
  std::swap(loop_, other.loop_);
  std::swap(connection_, other.connection_);
  std::swap(also_, other.also_);
  return *this;
}

Exchange::~Exchange() {
  if (loop_) respond(problem(500, "internal", "Internal error", "The request could not be completed."));
}

void Exchange::also(std::string name, std::string value) {
  if (!also_) also_ = std::make_unique<Headers>();
  also_->emplace_back(std::move(name), std::move(value));
}

void Exchange::add_headers(Response& response) {
  if (!also_) return;
  std::move(also_->begin(), also_->end(), std::back_inserter(response.headers));
  also_.reset();
}

void Exchange::respond(Response&& response) {
  add_headers(response);
  if (Loop* loop = std::exchange(loop_, nullptr)) loop->respond(connection_, std::move(response));
}

Stream Exchange::stream(Response&& head) {
  Loop* loop = std::exchange(loop_, nullptr);
  if (loop == nullptr) return {};
  add_headers(head);
  loop->begin_stream(connection_, std::move(head));
  if (loop->streaming(connection_) == nullptr) return {};
  return {*loop, connection_};
}

class Server::Impl {
 public:
  explicit Impl(ServerOptions options) {
    shared.limits = {options.max_header_bytes, options.max_headers, options.max_body_bytes};
    shared.options = std::move(options);
    shared.counters =
        std::make_shared<ServerCounters>(loop_count(), shared.options.max_connections, unfinished_limit());
    shared.tls = std::make_unique<TlsKeeper>(shared.options.tls);
  }

  void limit_bodies_by_route() {
    shared.limits.body_bytes = [this](std::string_view method, std::string_view target) {
      const std::string_view path = origin_form(target);
      const RouteTable::Match match = shared.routes.find(method, path.substr(0, path.find('?')));
      const std::size_t own = match.route ? match.route->pooled.max_body_bytes : 0;
      return own != 0 ? own : shared.limits.max_body_bytes;
    };
  }

  std::size_t loop_count() const { return static_cast<std::size_t>(std::max(1, shared.options.loops)); }

  std::size_t unfinished_limit() const {
    constexpr std::size_t kLeast = 64u << 20, kBodies = 16;
    const ServerOptions& options = shared.options;
    if (options.max_unfinished_bytes != 0) return options.max_unfinished_bytes;
    return std::max(kLeast, kBodies * options.max_body_bytes);
  }

  Result<void> start() {
    if (auto loaded = shared.tls->load(); !loaded) return loaded;
    auto listener = Listener::bind(shared.options.listen, shared.options.name);
    if (!listener) return fail(std::move(listener.error()));
    shared.listener = std::move(*listener);
    shared.workers = std::make_unique<Workers>(shared.options, shared.counters);
    shared.workers->start();
    for (std::size_t i = 0; i < loop_count(); ++i)
      shared.loops.push_back(std::make_unique<ServerLoop>(shared, static_cast<int>(i)));
    // The first accepts and looks at the others: it is the last to start.
    for (auto loop = shared.loops.rbegin(); loop != shared.loops.rend(); ++loop) (*loop)->start();
    return {};
  }

  void stop(Millis limit) {
    const SteadyTime until = std::chrono::steady_clock::now() + limit;
    if (!shared.loops.empty()) shared.loops.front()->stop(until);
    for (const auto& loop : shared.loops) loop->join();
    if (shared.workers) shared.workers->stop();
  }

  ServerShared shared;
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() { stop(Millis(0)); }

void Server::direct(std::string method, std::string pattern, std::function<DirectHandler(Loop&)> make,
                    std::function<HeadCheck(Loop&)> make_check) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.make = std::move(make);
  route.make_check = std::move(make_check);
  impl_->shared.routes.add(std::move(route));
}

void Server::pooled(std::string method, std::string pattern, PooledRoute pooled,
                    std::function<HeadCheck(Loop&)> make_check) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.pooled = std::move(pooled);
  route.make_check = std::move(make_check);
  if (route.pooled.max_body_bytes != 0) impl_->limit_bodies_by_route();
  impl_->shared.routes.add(std::move(route));
}

void Server::pooled(std::string method, std::string pattern, PooledHandler handler,
                    std::function<HeadCheck(Loop&)> make_check) {
  pooled(std::move(method), std::move(pattern), PooledRoute{std::move(handler)}, std::move(make_check));
}

void Server::on_finished(std::function<void(std::string_view, int, std::chrono::microseconds)> observer) {
  impl_->shared.observer = std::move(observer);
}

Result<void> Server::start() { return impl_->start(); }
std::uint16_t Server::port() const { return impl_->shared.listener.port(); }
std::string Server::address() const { return impl_->shared.listener.address(); }
void Server::stop(Millis limit) { impl_->stop(limit); }

std::string_view Server::scheme() const { return impl_->shared.tls->enabled() ? "https" : "http"; }
Result<bool> Server::reload_certificate(bool force) { return impl_->shared.tls->reload(force); }

std::int64_t Server::certificate_expires_at() const {
  const auto context = impl_->shared.tls->current();
  return context ? context->expires_at() : 0;
}

void Server::expose(metrics::Metrics& metrics) const {
  http::expose(impl_->shared.counters, impl_->shared.options.name, metrics);
}

ServerStats Server::stats() const {
  const ServerCounters& counters = *impl_->shared.counters;
  ServerStats total;
  total.unfinished_bytes = counters.unfinished.held();
  total.open_connections = counters.open.load(std::memory_order_relaxed);
  for (const LoopCounters& loop : counters.loops) {
    total.accepted += loop.accepted.get();
    total.requests += loop.requests.get();
    total.handshakes += loop.handshakes.get();
    total.failed_handshakes += loop.failed_handshakes.get();
    for (const Tally& full : loop.full) total.refused_connections += full.get();
    for (std::size_t i = 0; i < loop.refused.size(); ++i)
      if (kRefusedStatuses[i] != 408 && kRefusedStatuses[i] != 503) total.bad_requests += loop.refused[i].get();
    for (std::size_t i = 0; i < loop.late.size(); ++i)
      if (static_cast<Late>(i) != Late::idle) total.timeouts += loop.late[i].get();
  }
  return total;
}

}  // namespace certes::http
