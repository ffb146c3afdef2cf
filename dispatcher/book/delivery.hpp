#pragma once
// What the dispatcher keeps of open events and their deliveries. Who: the book, and whoever it hands them to. Confined
// to the core loop.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <variant>

#include "dispatcher/book/budget.hpp"
#include "dispatcher/book/ending.hpp"
#include "dispatcher/ownership/owner.hpp"
#include "dispatcher/retry/timing_wheel.hpp"
#include "dispatcher/routing/router.hpp"
#include "dispatcher/scheduling/slot.hpp"
#include "dispatcher/sending/tries.hpp"

namespace certes::dispatcher {

struct Delivery;
struct RecordDeliveries;
using DeliveriesByLane = std::unordered_map<book::LaneNumber, Delivery*>;
// A record of events of which some delivery is in memory, or is about to be.
struct LoadedRecord {
  std::uint64_t id = 0;
  log::RecordPtr record;
  Charge memory;                                        // its own bytes, and its deliveries'
  List<Delivery, NodeOf<RecordDeliveries>> deliveries;  // that are in memory
  std::unique_ptr<DeliveriesByLane> by_lane;            // these; none: they are few
  std::unique_ptr<std::string> undelivered;  // endpoints of those that became dead letters, with commas; empty: none
  std::uint32_t loaded = 0;                  // deliveries, and who needs it besides
  std::uint32_t awaited = 0;                 // how many a caller waits for; 0: nobody waits
  std::uint32_t decided = 0;                 // of the loaded ones: their end is known, and on its way to the log
  bool received = false;                     // some delivery came to another end than a dead letter

  Place place() const { return place_of(*record); }
};

// Where a delivery is: what it may do next follows from that.
struct Unplaced {};    // made, or taken from where it waited, and on its way to the next place
struct Queued {        // in the scheduler
  bool tried = false;  // it counts among those
};
struct Held {  // taken from it, while its partition may not act, or its endpoint rests
  bool tried = false;
};
struct InWheel {  // until its next attempt is due
  bool tried = false;
};
struct BehindKey {};       // what stands before it in its key has not ended
struct AwaitingResult {};  // a command that was taken (202): in the wheel until its result comes, or its time is over
// Of a request that is out: its headers, twice, and what libcurl keeps for it (measured: 12 KB, without TLS).
inline constexpr std::size_t kRequestBytes = 12u << 10;

using Out = FixedCharge<1>;  // one of the deliveries that are sent or recorded
struct Sending {             // a request is out
  Slot slot;
  Out out;
  FixedCharge<kRequestBytes> memory;
  Seat seat = {};                     // none: it is not yet known whose it is
  std::unique_ptr<Tries> tries = {};  // before this one, of its attempt
  std::uint32_t token = 0;            // Token::number of the one that it was sent with
};
struct BetweenWorkers {  // who was to get the request could not be reached, and no other has room
  Slot slot;
  Out out;
  std::unique_ptr<Tries> tries;  // there are some
};
struct Answering {  // a command's result is on the way to the log; what ends the command follows it
  Slot slot;        // if it was sent
  Out out;
};
struct Recording {  // its outcome is on the way to the log
  Slot slot;        // if it was sent
  Out out;
  Ending ending;
  std::uint8_t appends = 0;  // on their way
};
struct Forgotten {  // its partition is lost; only its request is still out
  Slot slot;
  FixedCharge<kRequestBytes> memory;
  Seat seat;
};
using DeliveryPlace = std::variant<Unplaced, Queued, Held, InWheel, BehindKey, AwaitingResult, Sending, BetweenWorkers,
                                   Answering, Recording, Forgotten>;

// Whether a command's result is on the log.
enum class Answer : std::uint8_t {
  none,
  given,
  failed,  // Certes has said there that the command came to nothing
};

struct Endpoint;
struct Backlog;
struct EndpointDeliveries;  // those of its endpoint that wait; while it is out, those of its lane that are
struct DroppableDeliveries;
struct TenantDroppables;

// One event for one endpoint, in memory.
struct Delivery : Waiting,
                  Timer,
                  NodeOf<EndpointDeliveries>,
                  NodeOf<RecordDeliveries>,
                  NodeOf<DroppableDeliveries>,
                  NodeOf<TenantDroppables> {
  std::uint64_t id = 0;
  LoadedRecord* record = nullptr;  // none: it is Forgotten
  Backlog* backlog = nullptr;      // its lane; none: it is Forgotten
  Endpoint* endpoint = nullptr;    // none: of a malformed record, of one that nobody takes, or deleted
  PolicyPtr policy;
  registry::TransformPtr transform;  // of its subscription, as last matched; null: the endpoint's
  UnixMillis first_at = 0;           // when the first attempt ended
  UnixMillis last_at = 0;            // when the last one did; 0: there was none in this process
  std::uint64_t matched_in = 0;      // the State in which a subscription was last seen to match it
  std::uint32_t attempts = 0;        // that have ended
  registry::Priority priority = registry::Priority::normal;      // that it is sent by
  registry::Priority own_priority = registry::Priority::normal;  // of its subscription
  std::uint32_t key_hash = 0;                                    // in an ordered lane (KeyOrder); 0: it has no key
  bool command = false;                                          // ends only when its result is on the log
  Answer answer = Answer::none;
  DeliveryPlace place;

  // Sent or recorded: what comes back takes it from there.
  bool is_out() const {
    return std::holds_alternative<Sending>(place) || std::holds_alternative<BetweenWorkers>(place) ||
           std::holds_alternative<Answering>(place) || std::holds_alternative<Recording>(place);
  }
  Recording* recording() { return std::get_if<Recording>(&place); }
  std::int64_t offset() const { return record->record->offset; }
  std::int32_t partition() const { return record->record->partition; }
};

}  // namespace certes::dispatcher
