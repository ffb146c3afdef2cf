#include "dispatcher/dispatcher.hpp"

#include <algorithm>

#include "common/http/server/pages.hpp"
#include "common/http/server/server.hpp"
#include "dispatcher/core_loop.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kAskLimit{500};

http::ServerOptions listener(const config::DispatcherSettings& settings) {
  http::ServerOptions options;
  options.name = "dispatcher";
  options.listen = settings.listen;
  options.loops = 1;
  options.workers = 1;
  options.max_connections = settings.max_connections;
  return options;
}

}  // namespace

class Dispatcher::Impl {
 public:
  explicit Impl(Frame frame)
      : frame_(std::move(frame)),
        unread_(frame_.metrics.gauge("certes_dispatcher_unread_records",
                                     "Records of events that are not read yet, of owned partitions")),
        server_(listener(frame_.settings.dispatcher)),
        pages_(server_, frame_.metrics, page_options()) {}
  ~Impl() { server_.stop(Millis{0}); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  void open_at_start(Dependencies dependencies) { waiting_.emplace(std::move(dependencies)); }

  Result<void> start() {
    if (auto started = server_.start(); !started) return started;
    if (waiting_) open(std::move(*waiting_));
    return {};
  }

  void open(Dependencies dependencies) {
    work_ = std::make_unique<Work>(std::move(dependencies));
    work_->loop.start();
    open_.store(work_.get(), std::memory_order_release);
  }

  std::string address() const { return server_.address(); }

  bool warm() const {
    const Work* work = open_.load(std::memory_order_acquire);
    return work != nullptr && work->loop.warm();
  }
  std::size_t in_flight() const {
    const Work* work = open_.load(std::memory_order_acquire);
    return work == nullptr ? 0 : work->loop.in_flight();
  }

  // What is read and open says so itself; of the rest the first is where the log is read on.
  std::optional<bool> may_be_open_before(UnixMillis at) const {
    const Work* work = open_.load(std::memory_order_acquire);
    if (work == nullptr) return true;
    log::Log& log = work->dependencies.log;
    const auto owned = work->loop.partitions();
    if (owned.size() != static_cast<std::size_t>(log.partitions()))
      return work->may_still_join() ? std::optional(true) : std::nullopt;
    for (const auto& one : owned) {
      if (one.oldest_open != 0 && one.oldest_open < at) return true;
      const auto first = log.offset_at(log::Topic::events, one.partition, at, kAskLimit);
      if (!first || *first > one.position) return true;
    }
    return false;
  }

  void ask(questions::Question question, questions::Answered answered) {
    Work* work = open_.load(std::memory_order_acquire);
    if (work != nullptr) work->loop.ask(std::move(question), std::move(answered));
  }

  void stop(Millis limit) {
    if (work_) work_->loop.stop(limit);  // until then the listener says how it goes
    server_.stop(Millis{1'000});
  }

  std::optional<std::string> not_ready() const {
    const Work* work = open_.load(std::memory_order_acquire);
    if (work == nullptr) return "the log is not reached yet";
    if (!work->loop.running()) return "not running";
    if (frame_.leaving && *frame_.leaving) return "leaving";
    if (!work->dependencies.registry.caught_up()) return "the registry is being read";
    return std::nullopt;
  }

  // Asks the log, which may block. An unreachable log leaves the last value.
  void measure() {
    const Work* work = open_.load(std::memory_order_acquire);
    if (work == nullptr) return;
    std::int64_t unread = 0;
    for (const auto& one : work->loop.partitions()) {
      const auto range = work->dependencies.log.offsets(log::Topic::events, one.partition, kAskLimit);
      if (!range) return;
      unread += std::max<std::int64_t>(0, range->end - one.position);
    }
    unread_.set(static_cast<double>(unread));
  }

 private:
  struct Work {
    explicit Work(Dependencies given)
        : dependencies(std::move(given)), opened_at(dependencies.clock.now()), loop(dependencies) {}
    // Partitions that it does not have may be its own yet: those of a process that has gone, after its session.
    bool may_still_join() const {
      return dependencies.clock.now() < opened_at + 2 * dependencies.log.session_timeout();
    }
    const Dependencies dependencies;
    const SteadyTime opened_at;
    CoreLoop loop;
  };

  http::PageOptions page_options() {
    http::PageOptions options;
    options.not_ready = [this] { return not_ready(); };
    options.may_scrape = frame_.may_scrape;
    options.measure = [this] { measure(); };
    options.metrics = frame_.settings.metrics_listen.empty();
    return options;
  }

  const Frame frame_;
  metrics::Gauge unread_;
  std::optional<Dependencies> waiting_;
  std::unique_ptr<Work> work_;
  std::atomic<Work*> open_{nullptr};
  http::Server server_;  // its handlers ask the loop: it goes before
  http::Pages pages_;
};

Dispatcher::Dispatcher(Frame frame) : impl_(std::make_unique<Impl>(std::move(frame))) {}
Dispatcher::Dispatcher(Dependencies dependencies)
    : Dispatcher(Frame{dependencies.settings, dependencies.metrics, dependencies.leaving}) {
  impl_->open_at_start(std::move(dependencies));
}
Dispatcher::~Dispatcher() = default;
Result<void> Dispatcher::start() { return impl_->start(); }
void Dispatcher::measure() { impl_->measure(); }
void Dispatcher::open(Dependencies dependencies) { impl_->open(std::move(dependencies)); }
std::optional<std::string> Dispatcher::not_ready() const { return impl_->not_ready(); }
std::string Dispatcher::address() const { return impl_->address(); }
bool Dispatcher::warm() const { return impl_->warm(); }
std::size_t Dispatcher::in_flight() const { return impl_->in_flight(); }
std::optional<bool> Dispatcher::may_be_open_before(UnixMillis at) const { return impl_->may_be_open_before(at); }
void Dispatcher::ask(questions::Question question, questions::Answered answered) {
  impl_->ask(std::move(question), std::move(answered));
}
void Dispatcher::stop(Millis limit) { impl_->stop(limit); }

}  // namespace certes::dispatcher
