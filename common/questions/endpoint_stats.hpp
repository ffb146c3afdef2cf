#pragma once
// What a dispatcher says of an endpoint: what waits for it there, and how its attempts go. The value of an answer of
// the kind endpoint-stats, and what several such come to together. Who: dispatchers write it, the Master API reads it.
// Plain values; pure, any thread. Times are milliseconds since 1970, 0 where there is none.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/registry/resources.hpp"

namespace certes::questions {

// Deliveries of one class that have not ended and are not being sent or recorded.
struct ClassWaiting {
  std::uint64_t first_memory = 0, first_log = 0;  // not tried: their event is in memory, or on the log alone
  std::uint64_t retry_memory = 0, retry_log = 0;  // tried, or a command that awaits its result
  UnixMillis oldest = 0;                          // append time
  std::uint64_t all() const { return first_memory + first_log + retry_memory + retry_log; }
  void add(const ClassWaiting& other);
  bool operator==(const ClassWaiting&) const = default;
};

// Attempts that have ended since `since`, by how.
struct Attempts {
  UnixMillis since = 0;  // when the process began to know the endpoint
  std::uint64_t delivered = 0, retry = 0, awaiting = 0, dead_lettered = 0, cancelled = 0;
  UnixMillis last_success = 0, last_failure = 0;
  UnixMillis failing_since = 0;  // the first failure after the last success
  void add(const Attempts& other);
  bool operator==(const Attempts&) const = default;
};

// Of an endpoint with an order: the partition keys of what is open there.
struct OrderedKeys {
  std::uint64_t open = 0;
  std::uint64_t blocked = 0;     // the first of them has failed, and others wait for it; few of many are counted
  UnixMillis blocked_since = 0;  // when the first of these was first tried
  void add(const OrderedKeys& other);
  bool operator==(const OrderedKeys&) const = default;
};

// One of an endpoint's several URLs, with a process.
struct WorkerStats {
  std::uint64_t in_flight = 0;  // requests that are out
  bool tripped = false;         // its breaker is open: it gets a probe at probe_at, or is getting it, and nothing else
  UnixMillis probe_at = 0;
  bool operator==(const WorkerStats&) const = default;
};

// How an endpoint stands with a process, beside what the registry says.
enum class Standing : std::uint8_t {
  unknown,  // it had nothing for it
  open,
  broken,    // its secrets do not open there
  paused,    // as the registry says
  disabled,  // the same; or deleted
  gone,      // it answered 410, and the registry decides
  resting,   // until resting_until, as its name server or this process could not make requests
  tripped,   // its breaker is open: it gets a probe at resting_until, or is getting it, and nothing else
};
std::string_view to_string(Standing standing);

struct EndpointStats {
  std::array<ClassWaiting, registry::kPriorities> classes;
  Attempts attempts;
  UnixMillis next_retry = 0;
  std::uint64_t in_flight = 0;  // with those that are being recorded
  OrderedKeys keys;
  Standing standing = Standing::unknown;
  UnixMillis resting_until = 0;
  // What is in force there; 0: no limit, or unknown.
  std::uint64_t concurrency = 0;
  double rate_per_second = 0;
  // In the order of that version of the endpoint; none: it has one URL, or nothing for it.
  std::int64_t version = 0;
  std::vector<WorkerStats> workers;

  // What waits, attempts, next_retry, in_flight and keys of both. The rest is of one process alone, and stays.
  void add(const EndpointStats& other);
  bool operator==(const EndpointStats&) const = default;
};

std::string to_json(const EndpointStats& stats);
// Nothing: it is none. What is missing is 0, what it does not know is passed over.
std::optional<EndpointStats> endpoint_stats_of(std::string_view json);

}  // namespace certes::questions
