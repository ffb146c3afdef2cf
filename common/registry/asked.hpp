#pragma once
// What an operator has asked of all that waits for an endpoint: that it ends (a purge), that what has failed is tried
// now (a retry). Each is a change of the endpoint: where and when that stands, and an event's stamp and append time,
// decide what it is about, so that no restart changes that. Who: the ledger keeps them beside the endpoint, the
// dispatcher goes by them, the API asks which would be forgotten. Plain values and pure functions; any thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::registry {

// Deliveries of the events that were appended before both times, in lanes of these classes, of types that match.
struct Purge {
  UnixMillis at = 0;                 // append time of the change that asks for it
  UnixMillis before = 0;             // 0: `at` alone
  std::vector<std::string> classes;  // names of priorities; none: all. One that is not known is nobody's
  std::string pattern;               // of the event's type; empty: all
  std::string by;                    // who asked
  std::int64_t offset = 0;           // of that change

  UnixMillis until() const { return before == 0 || before > at ? at : before; }
  bool operator==(const Purge&) const = default;
};

// What has failed before `at` and not ended, for the first time at or after `since`, is due then.
struct Retry {
  UnixMillis at = 0;     // append time of the change that asks for it
  UnixMillis since = 0;  // 0: whenever
  std::string by;

  bool operator==(const Retry&) const = default;
};

// So many of each are kept beside an endpoint.
inline constexpr std::size_t kKeptPurges = 16;
inline constexpr std::size_t kKeptRetries = 16;

// Whether it is about deliveries of that class, and about events of that type.
bool takes_class(const Purge& purge, std::string_view priority);
bool takes_type(const Purge& purge, std::string_view type);
// Whether it is about a delivery whose first attempt failed then.
bool takes(const Retry& retry, UnixMillis first_failed_at);

// Each adds one that is later than those that are there, the oldest first. An earlier one that asks for nothing else
// goes. Of purges one that is not later than `disabled_by` (the offset of the change by which the endpoint was disabled
// last) stays, as of the two that was first decides. Where as many as are kept are there, the purge goes that
// purge_to_go() says; of retries the oldest. These rules are frozen, as the ledger's are.
inline constexpr std::int64_t kNeverDisabled = -1;
void add_purge(std::vector<Purge>& purges, Purge&& next, std::int64_t disabled_by);
void add_retry(std::vector<Retry>& retries, Retry&& next);
// What add_purge would forget though it is about something else: null: nothing.
const Purge* purge_to_go(const std::vector<Purge>& purges, const Purge& next, std::int64_t disabled_by);

}  // namespace certes::registry
