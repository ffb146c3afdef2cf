#pragma once
// Resolver: looks names up on threads of its own, each name once and only so many at a time, and remembers for a while
// what came of it, so that a name server that does not answer holds up nobody but who asks for that name. Threads and
// what is remembered are fair by tenant (host_names.hpp). Who: Sender, one for all its threads. Threads: any; nothing
// blocks. The look-ups run on detached threads that share what they touch: one that never comes back holds up neither
// who asked nor the end of the process.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::http {

// What became of a look-up.
struct Resolution {
  enum class Kind : std::uint8_t {
    found,
    failed,  // the name's fault: it does not exist, has no address, or nobody answers for it though others are answered
    silent,  // the name server's fault: it does not answer, or cannot
    local,   // ours: no descriptors, memory or places
  };
  Kind kind = Kind::failed;
  std::vector<std::string> addresses;  // found: numeric, in the order in which they are to be tried
  std::string message;                 // of what is not
};
using ResolutionPtr = std::shared_ptr<const Resolution>;

// Looks up a host; blocks for as long as it takes.
using LookUp = std::function<Resolution(const std::string& host)>;
Resolution look_up_by_system(const std::string& host);  // getaddrinfo

struct ResolverStats {
  std::size_t at_work = 0;
  std::size_t waiting = 0;  // names, for a thread
  std::uint64_t found = 0, failed = 0, silent = 0, local = 0;
};

struct ResolverOptions {
  std::size_t max_at_work = 32;
  LookUp look_up = look_up_by_system;
  std::function<SteadyTime()> now = [] { return std::chrono::steady_clock::now(); };
  std::size_t most_names = 10'000;  // remembered, looked up or waiting to be
};

class Resolver {
 public:
  // How long an answer is used, how long it is still used while it is asked for anew, and how long a failure is.
  static constexpr Millis kFresh{60'000}, kStale{300'000}, kFailed{5'000};
  // A look-up that takes longer is not waited for.
  static constexpr Millis kPatience{1'000};

  explicit Resolver(ResolverOptions options);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  struct Known {
    ResolutionPtr resolution;
    Millis retry_in{0};  // of a failure: not before that is it looked up again
  };
  // What is known. Nothing: it is being looked up, and `tell` is called once that has ended, or was given up for
  // another tenant's sake, unless the resolver has gone meanwhile: on any thread.
  std::optional<Known> ask(const std::string& tenant, const std::string& host, std::function<void()> tell);
  ResolverStats stats() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace certes::http
