#pragma once
// Endpoint: one receiver that has, or had, deliveries: its configuration made ready to send to, in what mode it is, and
// what waits for it. Confined to the core loop.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/questions/endpoint_stats.hpp"
#include "dispatcher/book/delivery.hpp"
#include "dispatcher/endpoint/probes.hpp"
#include "dispatcher/endpoint/target.hpp"
#include "dispatcher/endpoint/token.hpp"
#include "dispatcher/endpoint/workers.hpp"

namespace certes::dispatcher {

// Who gets the results of commands that name a URL in reply_to: one endpoint for each tenant, which is no resource (no
// resource's id has a ':'); its URL stands in the record.
inline constexpr std::string_view kReplyEndpoint = ":reply-to";

enum class Mode : std::uint8_t {
  open,      // it gets what is for it
  broken,    // its secrets or headers do not open: each attempt fails
  paused,    // everything waits
  gone,      // it has answered 410, or failed for too long: nothing is sent while the registry decides
  disabled,  // what waited ends
  deleted,   // the same, and it is no more
};

// What a tenant may have, as the registry stands.
struct TenantLimits {
  registry::Priority highest = registry::Priority::critical;
};

struct Backlog;

struct Endpoint {
  std::string key;  // "tenant/id"
  std::unique_ptr<Target> target;
  Token token;  // of this target; where that has OAuth2
  Lanes* lanes = nullptr;
  List<Delivery, NodeOf<EndpointDeliveries>> waiting;  // queued, held or in the wheel; those that await results apart
  List<Waiting, NodeOf<WaitingNode>> given_back;       // not tried: held until it has rested
  SteadyTime rests_until = SteadyTime::min();          // later than min: nothing is sent meanwhile
  SteadyTime wakes_worker_at = SteadyTime::min();      // the same: a worker gets its probe, while others work
  Workers workers;
  Probes probes;
  std::size_t deliveries = 0;      // in memory: those that wait and those that do not
  std::vector<Backlog*> backlogs;  // by partition and class, where there is one
  questions::Attempts attempts;    // that have ended here
  std::string last_error;          // of the last that has failed
  std::size_t meter = 0;
  std::size_t affinity = 0;
  std::shared_ptr<const TenantLimits> limits;     // its tenant's
  std::int64_t disabled_by = -1, purged_by = -1;  // the last ones (fate.hpp), of which the sweep has begun
  UnixMillis told_failing = 0;                    // since when it fails, as was published; 0: that it does was not
  std::size_t to_inspect = 0;                     // of those that wait: the sweep has not come to them
  Mode mode = Mode::open;
  bool reply = false;      // kReplyEndpoint
  bool sweeping = false;   // what waits in memory is being looked through for what is to end
  bool is_back = false;    // its breaker has closed since it woke last
  bool ends_anew = false;  // what waits on the log is to be looked through, too

  const registry::Endpoint& config() const { return target->endpoint(); }
  bool rests() const { return rests_until != SteadyTime::min(); }
};

// As its configuration says.
Mode mode_of(const Target& target);
// Whether something is sent to it.
bool takes(Mode mode);
// Its endpoint is no more, or was disabled or purged at a time that ends it. Precondition: it has an endpoint.
bool doomed(const Delivery& delivery);
// The same of a purge alone, which also ends what awaits its result.
bool purged(const Delivery& delivery);

inline constexpr std::string_view kEndpointDisabled = "endpoint_disabled";
inline constexpr std::string_view kPurged = "purged";
inline constexpr std::string_view kPurgedText = "it was purged";
// Of a dead letter by that rule.
std::string disabled_text(const Endpoint& endpoint);

}  // namespace certes::dispatcher
