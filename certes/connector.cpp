#include "certes/connector.hpp"

#include "certes/logging.hpp"
#include "common/base/mutex.hpp"

namespace certes {
namespace {

bool is_passing(const Error& error) {
  switch (error.code) {
    case Code::unavailable:
    case Code::timeout:
    case Code::unknown_outcome:
    case Code::busy: return true;
    default: return false;
  }
}

// What a fence's callback shares with who waits for it: it may come after the waiting has ended.
struct Fence {
  Mutex mutex;
  Condition reached;
  bool done CERTES_GUARDED_BY(mutex) = false;
};

}  // namespace

Connector::Connector(log::Log& log, const Clock& clock, std::function<Result<void>(registry::Registry&)> bootstrap,
                     std::function<void()> wake, Millis retry_every, registry::RegistryOptions options)
    : log_(log),
      clock_(clock),
      bootstrap_(std::move(bootstrap)),
      wake_(std::move(wake)),
      retry_every_(retry_every),
      options_(options) {
  thread_ = std::thread([this] { run(); });
}

Connector::~Connector() {
  {
    const Lock lock(mutex_);
    given_up_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<Result<Connector::RegistryPtr>> Connector::take() {
  const Lock lock(mutex_);
  return std::exchange(outcome_, std::nullopt);
}

void Connector::run() {
  auto outcome = connect();
  {
    const Lock lock(mutex_);
    outcome_ = std::move(outcome);
  }
  wake_();
}

Result<Connector::RegistryPtr> Connector::connect() {
  if (auto prepared = keep_trying([this] { return log_.prepare(); }); !prepared) return fail(prepared.error());
  auto registry = std::make_unique<registry::Registry>(log_, clock_, options_);
  if (auto caught_up = keep_trying([&] { return catch_up(*registry); }); !caught_up) return fail(caught_up.error());
  if (auto done = keep_trying([&] { return bootstrap_(*registry); }); !done) return fail(done.error());
  return registry;
}

Result<void> Connector::keep_trying(const std::function<Result<void>()>& attempt) {
  for (;;) {
    auto tried = attempt();
    if (tried || !is_passing(tried.error())) return tried;
    tell(tried.error());
    if (!pause()) return fail(Code::unavailable, "given up");
  }
}

Result<void> Connector::catch_up(registry::Registry& registry) {
  const auto fence = std::make_shared<Fence>();
  if (auto broken = registry.failure()) return fail(Code::internal, broken->message);
  registry.fence([fence](const registry::StatePtr&) {
    const Lock lock(fence->mutex);
    fence->done = true;
    fence->reached.notify_all();
  });
  Lock lock(fence->mutex);
  if (fence->reached.wait_for(lock, std::chrono::seconds(5),
                              [&]() CERTES_REQUIRES(fence->mutex) { return fence->done; }))
    return {};
  return fail(Code::unavailable, "the registry is still being read");
}

bool Connector::pause() {
  Lock lock(mutex_);
  return !changed_.wait_for(lock, retry_every_, [&]() CERTES_REQUIRES(mutex_) { return given_up_; });
}

void Connector::tell(const Error& error) {
  const SteadyTime now = clock_.now();
  if (told_ && now - *told_ < std::chrono::minutes(1)) return;
  told_ = now;
  logging::warn("not ready: " + error.message + "; trying again");
}

}  // namespace certes
