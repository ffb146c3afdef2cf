#include "common/http/server.hpp"

#include "common/http/server_loop.hpp"

namespace certes::http {

Exchange& Exchange::operator=(Exchange&& other) noexcept {
  std::swap(loop_, other.loop_);
  std::swap(connection_, other.connection_);
  return *this;
}

Exchange::~Exchange() {
  if (loop_) respond(problem(500, "internal", "Internal error", "The request could not be completed."));
}

void Exchange::respond(Response&& response) {
  if (Loop* loop = std::exchange(loop_, nullptr)) loop->respond(connection_, std::move(response));
}

Stream Exchange::stream(Response&& head) {
  Loop* loop = std::exchange(loop_, nullptr);
  if (loop == nullptr) return {};
  loop->begin_stream(connection_, std::move(head));
  if (loop->streaming(connection_) == nullptr) return {};
  return {*loop, connection_};
}

class Server::Impl {
 public:
  explicit Impl(ServerOptions options) {
    shared.limits = {options.max_header_bytes, options.max_headers, options.max_body_bytes};
    shared.options = std::move(options);
  }

  Result<void> start() {
    auto listener = Listener::bind(shared.options.listen, shared.options.name);
    if (!listener) return fail(std::move(listener.error()));
    shared.listener = std::move(*listener);
    shared.workers = std::make_unique<Workers>(shared.routes, shared.options.worker_queue, shared.options.name);
    shared.workers->start(std::max(1, shared.options.workers));
    for (int i = 0; i < std::max(1, shared.options.loops); ++i)
      shared.loops.push_back(std::make_unique<ServerLoop>(shared, i));
    // The first accepts and looks at the others: it is the last to start.
    for (auto loop = shared.loops.rbegin(); loop != shared.loops.rend(); ++loop) (*loop)->start();
    return {};
  }

  void stop(Millis limit) {
    const SteadyTime until = std::chrono::steady_clock::now() + limit;
    for (const auto& loop : shared.loops) loop->stop(until);
    for (const auto& loop : shared.loops) loop->join();
    shared.listener.close();
    if (shared.workers) shared.workers->stop();
  }

  ServerShared shared;
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Server::~Server() { stop(Millis(0)); }

void Server::direct(std::string method, std::string pattern, std::function<DirectHandler(Loop&)> make) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.make = std::move(make);
  impl_->shared.routes.add(std::move(route));
}

void Server::pooled(std::string method, std::string pattern, PooledHandler handler) {
  Route route;
  route.method = std::move(method);
  route.pattern = std::move(pattern);
  route.pooled = std::move(handler);
  impl_->shared.routes.add(std::move(route));
}

void Server::on_finished(std::function<void(std::string_view, int, std::chrono::microseconds)> observer) {
  impl_->shared.observer = std::move(observer);
}

Result<void> Server::start() { return impl_->start(); }
std::uint16_t Server::port() const { return impl_->shared.listener.port(); }
std::string Server::address() const { return impl_->shared.listener.address(); }
void Server::stop(Millis limit) { impl_->stop(limit); }

ServerStats Server::stats() const {
  ServerStats total;
  total.open_connections = impl_->shared.open.load(std::memory_order_relaxed);
  for (const auto& loop : impl_->shared.loops) {
    const LoopCounters& counters = loop->counters();
    total.accepted += counters.accepted.load(std::memory_order_relaxed);
    total.refused_connections += counters.refused.load(std::memory_order_relaxed);
    total.requests += counters.requests.load(std::memory_order_relaxed);
    total.bad_requests += counters.bad.load(std::memory_order_relaxed);
    total.timeouts += counters.timeouts.load(std::memory_order_relaxed);
  }
  return total;
}

}  // namespace certes::http
