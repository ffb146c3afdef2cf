#pragma once
// How a delivery stands with the dispatcher that owns its partition: whether it is open, what it waits for, and what
// stands before it. The subject of a question of the kind delivery-standing, and the value of its answer. Who: the
// Master API asks and reads, dispatchers read and write. Plain values; pure, any thread. Times are milliseconds since
// 1970, 0 where there is none.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/log/origin.hpp"
#include "common/registry/resources.hpp"

namespace certes::questions {

// Some records of one event (its own, and its repeats) and an endpoint: "3:17,5:2/billing".
struct DeliverySubject {
  static constexpr std::size_t kMostPlaces = 8;
  std::vector<log::Origin> places;  // one at least; more than kMostPlaces are not asked for
  std::string endpoint;

  std::string text() const;
  // Nothing: it is none.
  static std::optional<DeliverySubject> parse(std::string_view text);
};

enum class Stage : std::uint8_t {
  unrouted,  // the dispatcher has not come to the event
  closed,    // it has, and nothing of it is open for the endpoint: it has ended, or there never was a delivery
  open,
};
std::string_view to_string(Stage stage);

// What an open delivery waits for. Of several things one is said: what is its own before what is its endpoint's, and
// that before what is the dispatcher's.
enum class WaitsFor : std::uint8_t {
  unknown,           // as a later release says
  sending,           // nothing: its request is out
  recording,         // its outcome, to be on the log
  dead_letter,       // the same of its dead letter; or, of a command, its end
  result,            // of a command that was taken, until then
  end,               // its endpoint is no more, is disabled, or was purged: it will not be sent
  pause,             // its endpoint is paused
  disabling,         // it answered 410, or failed for too long: the registry decides whether it is disabled
  backoff,           // the next attempt, which is due then
  order,             // what stands before it in its key
  breaker,           // its endpoint does nothing but fail: the next probe is then
  rest,              // nothing could be sent there through no fault of its own; until then
  partition,         // its dispatcher may not act for the partition at the moment
  slot,              // as many requests are out to its endpoint as it takes at once
  slow_start,        // the same, and its answers allow fewer than that at the moment
  endpoint_share,    // the same: other endpoints keep three quarters of the dispatcher's requests
  urgent_slots,      // what is free is kept for critical and high ones
  rate,              // its endpoint's rate; until then
  dispatcher_slots,  // as many requests are out as the dispatcher makes at once
  unanswered_share,  // few are left of these, and its endpoint has not answered for a while
  tenant_share,      // its tenant has its share of these
  retry_share,       // retries have their share of the sends
  loading,           // what stands before it: it is on the log alone until then
  turn,              // nothing but its turn
};
std::string_view to_string(WaitsFor waits_for);

// What stands before a delivery. Counted up to a bound; `more`: there is more.
struct StandsBefore {
  std::uint64_t same_class = 0;      // of its endpoint, class and partition, not tried; in order: of its key
  std::uint64_t higher_classes = 0;  // of its endpoint, in all partitions of the dispatcher, not tried
  bool more = false;
  bool operator==(const StandsBefore&) const = default;
};

// In order: the first of its key.
struct FirstOfKey {
  std::uint64_t offset = 0;
  std::uint64_t attempts = 0;
  UnixMillis due = 0;  // of its next attempt, where it has failed
  bool operator==(const FirstOfKey&) const = default;
};

struct DeliveryStanding {
  log::Origin place;
  Stage stage = Stage::closed;
  std::uint64_t unrouted_before = 0;  // unrouted: offsets between what was routed last and the event
  // Open.
  WaitsFor waits_for = WaitsFor::unknown;
  UnixMillis until = 0;
  registry::Priority priority = registry::Priority::normal;
  std::uint64_t attempts = 0;  // that have failed
  bool in_memory = false;
  StandsBefore before;
  std::optional<FirstOfKey> first_of_key;
  bool operator==(const DeliveryStanding&) const = default;
};

std::string to_json(const std::vector<DeliveryStanding>& standings);
// Nothing: it is none. What is missing is 0, what it does not know is passed over.
std::optional<std::vector<DeliveryStanding>> delivery_standings_of(std::string_view json);

}  // namespace certes::questions
