#include "common/http/client/resolver.hpp"

#include <pthread.h>

#include <algorithm>
#include <deque>
#include <system_error>
#include <thread>
#include <unordered_map>
#include <utility>

#include "common/base/mutex.hpp"

namespace certes::http {

namespace {

using Kind = Resolution::Kind;

constexpr std::size_t kMostNames = 10'000;
constexpr Millis kRetryLocal{1'000};
constexpr Millis kRetryStuck{2'000};  // it is still being looked up, for longer than anybody waits

// A name without a dot may be known without a name server.
bool proves_a_server(const std::string& host) { return host.find('.') != std::string::npos; }

}  // namespace

struct Resolver::State : std::enable_shared_from_this<State> {
  struct Name {
    ResolutionPtr last;   // nothing: never looked up
    ResolutionPtr found;  // the last that was; a failure of the name's own ends it
    SteadyTime found_at{}, failed_until{}, asked_at{};
    bool looking = false;        // or waiting for a thread
    bool unheard = false;        // the last time nothing was heard of it
    SteadyTime unheard_since{};  // when that began
    std::vector<std::function<void()>> telling;
  };

  explicit State(ResolverOptions given) : options(std::move(given)) {}

  std::optional<Known> known(const Name& name, SteadyTime now) const CERTES_REQUIRES(mutex);
  bool begin(const std::string& host, Name& name, SteadyTime now) CERTES_REQUIRES(mutex);
  void make_room(SteadyTime now) CERTES_REQUIRES(mutex);
  bool start_thread() CERTES_REQUIRES(mutex);
  std::optional<std::string> next(bool& again) CERTES_REQUIRES(mutex);
  void run() CERTES_EXCLUDES(mutex);
  std::vector<std::function<void()>> settle(const std::string& host, Resolution&& resolution, SteadyTime begun)
      CERTES_REQUIRES(mutex);

  const ResolverOptions options;
  mutable Mutex mutex;
  bool stopped CERTES_GUARDED_BY(mutex) = false;
  std::unordered_map<std::string, Name> names CERTES_GUARDED_BY(mutex);
  // To be looked up; again: those of which nothing was heard the last time.
  std::deque<std::string> first CERTES_GUARDED_BY(mutex);
  std::deque<std::string> again CERTES_GUARDED_BY(mutex);
  std::size_t at_work CERTES_GUARDED_BY(mutex) = 0;
  std::size_t again_at_work CERTES_GUARDED_BY(mutex) = 0;
  SteadyTime answered_at CERTES_GUARDED_BY(mutex) = SteadyTime::min();  // some name server has, about whatever name
  ResolverStats counts CERTES_GUARDED_BY(mutex);
};

Resolver::Resolver(ResolverOptions options) : state_(std::make_shared<State>(std::move(options))) {}

Resolver::~Resolver() {
  const Lock lock(state_->mutex);
  state_->stopped = true;
  state_->names.clear();
  state_->first.clear();
  state_->again.clear();
}

std::optional<Resolver::Known> Resolver::ask(const std::string& host, std::function<void()> tell) {
  State& state = *state_;
  const SteadyTime now = state.options.now();
  const Lock lock(state.mutex);
  if (state.names.size() >= kMostNames && !state.names.contains(host)) state.make_room(now);
  State::Name& name = state.names[host];
  const bool fresh = name.found && now < name.found_at + kFresh;
  if (!fresh && !name.looking && now >= name.failed_until && !state.begin(host, name, now))
    return state.known(name, now);
  if (auto known = state.known(name, now)) return known;
  name.telling.push_back(std::move(tell));
  return std::nullopt;
}

// Nothing: it is worth waiting for.
std::optional<Resolver::Known> Resolver::State::known(const Name& name, SteadyTime now) const {
  if (name.found && now < name.found_at + kStale) return Known{name.found, Millis{0}};
  if (name.last && now < name.failed_until) return Known{name.last, std::chrono::ceil<Millis>(name.failed_until - now)};
  if (!name.looking || now - name.asked_at < kPatience) return std::nullopt;
  static const auto stuck =
      std::make_shared<const Resolution>(Resolution{Kind::silent, {}, "the name server does not answer"});
  return Known{stuck, kRetryStuck};
}

// False: it cannot be looked up now, and the name says so.
bool Resolver::State::begin(const std::string& host, Name& name, SteadyTime now) {
  (name.unheard ? again : first).push_back(host);
  name.looking = true;
  name.asked_at = now;
  if (at_work >= options.max_at_work || start_thread() || at_work > 0) return true;
  first.clear();
  again.clear();
  name.looking = false;
  name.last = std::make_shared<const Resolution>(Resolution{Kind::local, {}, "no thread can be started"});
  name.failed_until = now + kRetryLocal;
  ++counts.local;
  return false;
}

void Resolver::State::make_room(SteadyTime now) {
  std::erase_if(names, [now](const auto& one) {
    return !one.second.looking && now >= one.second.failed_until && now >= one.second.found_at + kFresh;
  });
  for (auto at = names.begin(); names.size() >= kMostNames && at != names.end();)
    at = at->second.looking ? std::next(at) : names.erase(at);
}

bool Resolver::State::start_thread() {
  try {
    std::thread thread([state = shared_from_this()] { state->run(); });
    ::pthread_setname_np(thread.native_handle(), "resolver");
    thread.detach();
  } catch (const std::system_error&) {
    return false;
  }
  ++at_work;
  return true;
}

// Names of which nothing was heard take at most half of the threads, so that others get through.
std::optional<std::string> Resolver::State::next(bool& is_again) {
  is_again = first.empty();
  auto& queue = is_again ? again : first;
  if (queue.empty() || (is_again && again_at_work >= std::max<std::size_t>(1, options.max_at_work / 2)))
    return std::nullopt;
  std::string host = std::move(queue.front());
  queue.pop_front();
  again_at_work += is_again;
  return host;
}

void Resolver::State::run() {
  Lock lock(mutex);
  for (bool is_again = false;;) {
    const auto host = next(is_again);
    if (!host) break;
    lock.unlock();
    const SteadyTime begun = options.now();
    Resolution resolution = options.look_up(*host);
    lock.lock();
    again_at_work -= is_again;
    const auto telling = settle(*host, std::move(resolution), begun);
    lock.unlock();
    for (const auto& tell : telling) tell();
    lock.lock();
  }
  --at_work;
}

std::vector<std::function<void()>> Resolver::State::settle(const std::string& host, Resolution&& resolution,
                                                           SteadyTime begun) {
  if (stopped) return {};
  const SteadyTime now = options.now();
  Name& name = names[host];
  const bool answered = resolution.kind == Kind::found || resolution.kind == Kind::failed;
  const bool silent = resolution.kind == Kind::silent;
  if (silent && !name.unheard) name.unheard_since = begun;
  name.unheard = silent;
  // Others were answered since it is silent: it is not the name server.
  if (silent && answered_at >= name.unheard_since) resolution.kind = Kind::failed;
  switch (resolution.kind) {
    case Kind::found: ++counts.found; break;
    case Kind::failed: ++counts.failed; break;
    case Kind::silent: ++counts.silent; break;
    case Kind::local: ++counts.local; break;
  }
  name.looking = false;
  name.last = std::make_shared<const Resolution>(std::move(resolution));
  if (name.last->kind == Kind::found) {
    name.found = name.last;
    name.found_at = now;
  } else {
    if (answered) name.found = nullptr;
    name.failed_until = now + (name.last->kind == Kind::local ? kRetryLocal : kFailed);
  }
  if (answered && proves_a_server(host)) answered_at = now;
  return std::exchange(name.telling, {});
}

ResolverStats Resolver::stats() const {
  const Lock lock(state_->mutex);
  ResolverStats stats = state_->counts;
  stats.at_work = state_->at_work;
  stats.waiting = state_->first.size() + state_->again.size();
  return stats;
}

}  // namespace certes::http
