#include "dispatcher/dispatcher.hpp"

#include <algorithm>

#include "common/http/pages.hpp"
#include "common/http/server.hpp"
#include "dispatcher/core_loop.hpp"

namespace certes::dispatcher {
namespace {

http::ServerOptions listener(const config::DispatcherSettings& settings) {
  http::ServerOptions options;
  options.name = "dispatcher";
  options.listen = settings.listen;
  options.loops = 1;
  options.workers = 1;
  options.max_connections = static_cast<std::size_t>(settings.max_connections);
  return options;
}

}  // namespace

class Dispatcher::Impl {
 public:
  explicit Impl(Dependencies dependencies)
      : dependencies_(std::move(dependencies)),
        loop_(dependencies_),
        lag_(dependencies_.metrics.gauge("certes_consumer_lag", "Records that are not read yet, of owned partitions",
                                         {{"topic", "events"}})),
        server_(listener(dependencies_.settings.dispatcher)) {}

  Result<void> start() {
    http::add_pages(server_, dependencies_.metrics, {[this] { return not_ready(); }, [this] { measure_lag(); }});
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

  std::optional<std::string> not_ready() const {
    if (!loop_.running()) return "not running";
    if (dependencies_.leaving && *dependencies_.leaving) return "leaving";
    if (!dependencies_.registry.caught_up()) return "the registry is being read";
    return std::nullopt;
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
