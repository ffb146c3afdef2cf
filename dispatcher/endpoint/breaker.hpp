#pragma once
// Breaker: a circuit breaker (M. Nygard, "Release It!", 2007): an endpoint that does nothing but fail gets one request
// now and then, the probe, and nothing else, until one of its requests works. What waits for it keeps its attempts
// meanwhile. It opens after so many failures in a row, or where such a share of the requests of a window has failed;
// the first probe is due soon, each that fails doubles the wait for the next. Any success closes it, a late one too.
// Who: Endpoints, one for each. Pure: the time is passed in. Confined to one thread. O(1).

#include <optional>
#include <variant>

#include "common/base/clock.hpp"
#include "common/registry/resources.hpp"

namespace certes::dispatcher {

class Breaker {
 public:
  Breaker() = default;  // never opens
  explicit Breaker(std::optional<registry::BreakerSettings> settings) : settings_(settings) {}

  bool closed() const { return std::holds_alternative<Closed>(state_); }
  // Nothing is to be sent before that; nothing: it is not open.
  std::optional<SteadyTime> opens_until() const;
  bool probing() const { return std::holds_alternative<Probing>(state_); }

  // A request has ended. True: the breaker is open now, and was not; or closed now, and was not.
  bool failed(SteadyTime now);
  bool worked(SteadyTime now);
  // Its time is over: the next request is the probe.
  void probe();

 private:
  // Aggregates without initializers: the variant makes them, all zero.
  struct Half {  // what has ended in a half of the window
    std::int64_t number;
    int requests, failures;
  };
  struct Closed {
    int in_a_row;
    Half before, now;
  };
  struct Open {
    SteadyTime until;
    Millis wait;
  };
  struct Probing {
    Millis wait;
  };

  void count(Closed& closed, bool failed, SteadyTime now) const;
  bool is_enough(const Closed& closed) const;
  void open(Millis wait, SteadyTime now);

  std::optional<registry::BreakerSettings> settings_;
  std::variant<Closed, Open, Probing> state_;
};

}  // namespace certes::dispatcher
