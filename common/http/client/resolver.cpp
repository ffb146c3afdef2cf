#include "common/http/client/resolver.hpp"

#include <pthread.h>

#include <system_error>
#include <thread>
#include <utility>

#include "common/base/mutex.hpp"
#include "common/http/client/host_names.hpp"

namespace certes::http {

namespace {

using Kind = Resolution::Kind;

constexpr Millis kRetryLocal{1'000};
constexpr Millis kRetryStuck{2'000};  // it waits or is being looked up for longer than anybody waits for it

// A name without a dot may be known without a name server.
bool proves_a_server(std::string_view host) { return host.find('.') != std::string_view::npos; }

ResolutionPtr failure(Kind kind, std::string message) {
  return std::make_shared<const Resolution>(Resolution{kind, {}, std::move(message)});
}

}  // namespace

struct Resolver::State : std::enable_shared_from_this<State> {
  explicit State(ResolverOptions given)
      : options(std::move(given)), names(std::in_place, options.max_at_work, options.most_names) {}

  std::optional<Known> ask(const std::string& tenant, const std::string& host, std::function<void()>&& tell,
                           HostNames::Tells& away) CERTES_REQUIRES(mutex);
  std::optional<Known> known(const HostNames::Name& name, SteadyTime now) const CERTES_REQUIRES(mutex);
  void begin(HostNames::Place& place, SteadyTime now) CERTES_REQUIRES(mutex);
  void start_thread() CERTES_REQUIRES(mutex);
  void run() CERTES_EXCLUDES(mutex);
  HostNames::Tells settle(HostNames::Name& name, Resolution&& resolution, SteadyTime begun) CERTES_REQUIRES(mutex);

  const ResolverOptions options;
  mutable Mutex mutex;
  std::optional<HostNames> names CERTES_GUARDED_BY(mutex);              // nothing: the resolver is gone
  std::size_t at_work CERTES_GUARDED_BY(mutex) = 0;                     // threads
  bool starting CERTES_GUARDED_BY(mutex) = false;                       // one of them has not begun yet
  SteadyTime answered_at CERTES_GUARDED_BY(mutex) = SteadyTime::min();  // some name server has, about whatever name
  ResolverStats counts CERTES_GUARDED_BY(mutex);
};

Resolver::Resolver(ResolverOptions options) : state_(std::make_shared<State>(std::move(options))) {}

Resolver::~Resolver() {
  const Lock lock(state_->mutex);
  state_->names.reset();
}

std::optional<Resolver::Known> Resolver::ask(const std::string& tenant, const std::string& host,
                                             std::function<void()> tell) {
  HostNames::Tells away;
  std::optional<Known> known;
  {
    const Lock lock(state_->mutex);
    known = state_->ask(tenant, host, std::move(tell), away);
  }
  for (const auto& tell_away : away) tell_away();
  return known;
}

std::optional<Resolver::Known> Resolver::State::ask(const std::string& tenant, const std::string& host,
                                                    std::function<void()>&& tell, HostNames::Tells& away) {
  static const auto crowded = failure(Kind::local, "too many names wait to be looked up");
  const SteadyTime now = options.now();
  HostNames::Place* place = names->place(tenant, host, away);
  if (place == nullptr) return Known{crowded, kRetryLocal};
  HostNames::Name& name = *place->name;
  const bool fresh = name.found && now < name.found_at + kFresh;
  if (!fresh && now >= name.failed_until) begin(*place, now);
  if (auto is_known = known(name, now)) return is_known;
  name.telling.push_back(std::move(tell));
  return std::nullopt;
}

// Nothing: it is worth waiting for.
std::optional<Resolver::Known> Resolver::State::known(const HostNames::Name& name, SteadyTime now) const {
  if (name.found && now < name.found_at + kStale) return Known{name.found, Millis{0}};
  if (name.last && now < name.failed_until) return Known{name.last, std::chrono::ceil<Millis>(name.failed_until - now)};
  if (now - name.asked_at < kPatience) return std::nullopt;
  static const auto stuck = failure(Kind::silent, "the name server does not answer");
  static const auto queued = failure(Kind::silent, "other names are looked up before it, and take long");
  return Known{name.stage == HostNames::Stage::at_work ? stuck : queued, kRetryStuck};
}

// Each who asks for a name that waits may wait for it as long as the first.
void Resolver::State::begin(HostNames::Place& place, SteadyTime now) {
  if (!names->wait(place)) return;
  HostNames::Name& name = *place.name;
  name.asked_at = now;
  start_thread();
  if (at_work > 0) return;
  names->stop_waiting(name);
  name.last = failure(Kind::local, "no thread can be started");
  name.failed_until = now + kRetryLocal;
  ++counts.local;
}

// If there is something to do that may have a thread: one at a time, as each starts the next.
void Resolver::State::start_thread() {
  if (starting || at_work >= options.max_at_work || !names->may_begin()) return;
  try {
    std::thread thread([state = shared_from_this()] { state->run(); });
    ::pthread_setname_np(thread.native_handle(), "resolver");
    thread.detach();
  } catch (const std::system_error&) {
    return;
  }
  ++at_work;
  starting = true;
}

void Resolver::State::run() {
  Lock lock(mutex);
  starting = false;
  while (names) {
    const auto turn = names->next();
    if (!turn) break;
    start_thread();
    lock.unlock();
    const SteadyTime begun = options.now();
    Resolution resolution = options.look_up(turn->host);
    lock.lock();
    if (!names) break;
    const auto telling = settle(*turn->name, std::move(resolution), begun);
    names->done(*turn);
    lock.unlock();
    for (const auto& tell : telling) tell();
    lock.lock();
  }
  --at_work;
}

HostNames::Tells Resolver::State::settle(HostNames::Name& name, Resolution&& resolution, SteadyTime begun) {
  const SteadyTime now = options.now();
  const bool answered = resolution.kind == Kind::found || resolution.kind == Kind::failed;
  const bool silent = resolution.kind == Kind::silent;
  if (silent && !name.silent) name.silent_since = begun;
  name.silent = silent;
  // Others were answered since it is silent: it is not the name server.
  if (silent && answered_at >= name.silent_since) resolution.kind = Kind::failed;
  switch (resolution.kind) {
    case Kind::found: ++counts.found; break;
    case Kind::failed: ++counts.failed; break;
    case Kind::silent: ++counts.silent; break;
    case Kind::local: ++counts.local; break;
  }
  name.last = std::make_shared<const Resolution>(std::move(resolution));
  if (name.last->kind == Kind::found) {
    name.found = name.last;
    name.found_at = now;
  } else {
    if (answered) name.found = nullptr;
    name.failed_until = now + (name.last->kind == Kind::local ? kRetryLocal : kFailed);
  }
  if (answered && proves_a_server(name.host)) answered_at = now;
  return std::exchange(name.telling, {});
}

ResolverStats Resolver::stats() const {
  const Lock lock(state_->mutex);
  ResolverStats stats = state_->counts;
  stats.at_work = state_->at_work;
  stats.waiting = state_->names->waiting();
  return stats;
}

}  // namespace certes::http
