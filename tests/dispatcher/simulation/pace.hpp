#pragma once
// Pace: when attempts may be made. No retry is early or one too many; one whose policy ends by time has all of it, in
// which its pauses do not count, and no more. Who: Judge. Confined to the test's thread.

#include <map>
#include <optional>
#include <string>

#include "tests/dispatcher/simulation/registry_script.hpp"
#include "tests/simulation/witness.hpp"

namespace certes::dispatcher::simulation {

class Pace {
 public:
  Pace(certes::simulation::Witness& witness, const ManualClock& clock) : witness_(witness), clock_(clock) {}

  // A request of that attempt begins. `current`: by the owner of its partition, who knows the endpoint like that (null:
  // it is no resource).
  void sent(const std::string& delivery, std::uint32_t attempt, bool timed, bool current,
            const registry::Endpoint* endpoint);
  // It is answered. `next`: when another is due from then on, at the earliest; nothing: it is the last. `told`: as the
  // answer says.
  void answered(const std::string& delivery, std::uint32_t attempt, std::optional<Millis> next, bool told);
  // The breaker of "tenant/endpoint" has closed somewhere: what failed before, and was told nothing, may be due at
  // once.
  void closed(std::string_view endpoint) { closed_.insert_or_assign(std::string(endpoint), clock_.unix_millis()); }
  // A process decides what becomes of it, which ends by time and knows the endpoint like that.
  void decided(const dispatcher::AttemptRecord& attempt, const registry::Endpoint& endpoint);
  // That stands on the log.
  void recorded(const std::string& delivery, std::uint32_t attempt, UnixMillis at);

 private:
  struct Answered {
    UnixMillis at = 0;  // first: who comes later may not know
    std::optional<Millis> next;
    bool told = false;
  };
  struct Attempts {
    std::map<std::uint32_t, Answered> answered;
    UnixMillis first_recorded = 0;  // the last record of a first attempt; 0: none
    std::uint32_t recorded = 0;     // the highest
  };

  static bool hurried(const Attempts& of, const registry::Endpoint* endpoint);
  bool was_probe(const Answered& before, const registry::Endpoint* endpoint) const;

  certes::simulation::Witness& witness_;
  const ManualClock& clock_;
  std::map<std::string, Attempts, std::less<>> attempts_;  // by delivery
  std::map<std::string, UnixMillis> closed_;               // by endpoint: the last time
};

}  // namespace certes::dispatcher::simulation
