#pragma once
// What the core keeps of open events, their deliveries and endpoints. Confined to the core loop.

#include <memory>
#include <string>

#include "common/log/owner.hpp"
#include "dispatcher/core/pool.hpp"
#include "dispatcher/core/ports.hpp"
#include "dispatcher/delivery/target.hpp"
#include "dispatcher/routing/router.hpp"
#include "dispatcher/scheduling/scheduler.hpp"

namespace certes::dispatcher {

// A record of events that is read and not finished.
struct OpenRecord {
  std::uint64_t id = 0;
  log::RecordPtr record;
  std::unique_ptr<log::DeliveryStates> known;  // until it is routed; empty: nothing is known
  std::unique_ptr<std::string> undelivered;    // endpoints of those that became dead letters, with commas; empty: none
  std::uint32_t open = 0;                      // deliveries that have not ended
  std::uint32_t awaited = 0;                   // how many a caller waits for; 0: nobody waits
  std::uint32_t decided = 0;                   // of the open ones: their end is known, and on its way to the log
  bool received = false;                       // some delivery came to another end than a dead letter
  bool abandoned = false;                      // some were given up without an end: it must not be finished

  log::Origin origin() const { return {record->partition, record->offset}; }
};

struct EndpointEntry;

enum class Stage : std::uint8_t {
  queued,     // in the scheduler
  held,       // taken from it, while its partition may not act, or its endpoint rests
  retry,      // in the wheel
  sending,    // a request is out; takes a slot
  recording,  // its outcome is on the way to the log; takes a slot if it was sent
};

// Whether a command's result is on the log.
enum class Answer : std::uint8_t {
  none,
  given,
  failed,  // Certes has said there that the command came to nothing
};

struct EndpointDeliveries;

// One event for one endpoint.
struct Delivery : Waiting, Timer, NodeOf<EndpointDeliveries> {
  std::uint64_t id = 0;
  OpenRecord* record = nullptr;       // none: forgotten, only its request is still out
  EndpointEntry* endpoint = nullptr;  // none: of a malformed record
  PolicyPtr policy;
  UnixMillis first_at = 0;       // when the first attempt ended
  UnixMillis next_at = 0;        // when the next is due, while that is being recorded
  std::uint64_t matched_in = 0;  // the State in which a subscription was last seen to match it
  UnixMillis counted_at = 0;     // among those that have failed and not ended (Ages); 0: it is not
  std::uint32_t attempts = 0;    // that have ended
  std::uint8_t unrecorded = 0;   // appends on their way
  registry::Priority priority = registry::Priority::normal;
  Stage state = Stage::queued;
  bool slot = false;         // takes one of its endpoint's
  bool last = false;         // what is being recorded ends it
  End end = End::delivered;  // how, if it does
  bool command = false;      // ends only when its result is on the log
  bool awaits = false;       // was taken (202): in the wheel until its result comes, or its time is over
  Answer answer = Answer::none;
};

// An endpoint that has, or had, deliveries.
// Who gets the results of commands that name a URL in reply_to: one endpoint for each tenant, which is no resource (no
// resource's id has a ':'); its URL stands in the record.
inline constexpr std::string_view kReplyEndpoint = ":reply-to";

struct EndpointEntry {
  std::string key;  // "tenant/id"
  std::unique_ptr<Target> target;
  Lanes* lanes = nullptr;
  List<Delivery, NodeOf<EndpointDeliveries>> waiting;  // queued, held or in the wheel, those that await results apart
  List<Waiting, NodeOf<WaitingNode>> given_back;       // not tried: held until it has rested
  SteadyTime rests_until = SteadyTime::min();          // later than min: nothing is sent meanwhile
  std::size_t deliveries = 0;                          // those that wait and those that do not
  std::size_t meter = 0;
  std::size_t affinity = 0;
  registry::Priority highest = registry::Priority::critical;  // that its tenant may have
  UnixMillis swept_from = 0;                                  // last_disabled_at, of which the sweep has begun
  std::size_t to_inspect = 0;                                 // of those that wait: the sweep has not come to them
  bool reply = false;                                         // kReplyEndpoint
  bool deleted = false;
  bool gone = false;      // answered 410: nothing is sent while the registry decides
  bool sweeping = false;  // what waits is being looked through for what is to end

  const registry::Endpoint& config() const { return target->endpoint(); }
  bool rests() const { return rests_until != SteadyTime::min(); }
  bool taking() const { return !deleted && !gone && config().state == registry::EndpointState::active; }
};

inline constexpr std::string_view kEndpointDisabled = "endpoint_disabled";
inline constexpr std::string_view kUnmatched = "no subscription matches it any more";

// Of a dead letter by that rule.
inline std::string disabled_text(const EndpointEntry& entry) {
  const registry::Endpoint& endpoint = entry.config();
  if (endpoint.state != registry::EndpointState::disabled) return "the endpoint was disabled";
  return "the endpoint is disabled: " + endpoint.disabled_reason;
}

}  // namespace certes::dispatcher
