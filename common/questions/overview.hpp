#pragma once
// What a process says of itself as a whole: what its gateway has accepted and its dispatcher delivered since it
// started, what waits there now, and for which endpoints. The value of an answer of the kind overview; of several
// processes it is added. Who: gateways and dispatchers write it, the Master API reads it. Plain values; pure, any
// thread. Times are milliseconds since 1970, 0 where there is none.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/questions/durations.hpp"
#include "common/questions/endpoint_stats.hpp"

namespace certes::questions {

// Of whom it is: of the question's tenant alone, or of all; and how many endpoints are named.
struct OverviewSubject {
  static constexpr std::size_t kMostEndpoints = 50;
  bool all_tenants = false;
  std::size_t endpoints = kMostEndpoints;  // 1 to kMostEndpoints

  std::string text() const;
  // Nothing: it is none.
  static std::optional<OverviewSubject> parse(std::string_view text);
};

// What a gateway has counted.
struct Accepting {
  std::array<std::uint64_t, registry::kEventKinds> accepted{};  // events, by kind
  std::uint64_t duplicates = 0;                                 // events that were there already
  std::uint64_t refused = 0;                                    // requests
  Durations append;                                             // from handed to the log to durable
  void add(const Accepting& other);
  bool operator==(const Accepting&) const = default;
};

// What a dispatcher has counted.
struct Delivering {
  std::uint64_t delivered = 0, dead_lettered = 0, cancelled = 0;  // deliveries that have ended
  std::uint64_t unmatched = 0;                                    // events that nobody subscribed to
  Attempts attempts;                                              // times stay empty: they are of one endpoint
  Durations attempt;                                              // from request to answer
  Durations age;                                                  // from accepted to delivered
  void add(const Delivering& other);
  bool operator==(const Delivering&) const = default;
};

// An endpoint for which something is open, or which fails.
struct EndpointLine {
  std::string tenant, endpoint;
  std::uint64_t waiting = 0, retrying = 0;  // the second: of the first, those that were tried
  std::uint64_t in_flight = 0;
  UnixMillis oldest = 0;
  Attempts attempts;
  std::string error;  // the last failure; "": none
  Standing standing = Standing::unknown;
  bool fails() const { return attempts.failing_since != 0; }
  void add(const EndpointLine& other);
  bool operator==(const EndpointLine&) const = default;
};

struct ProcessOverview {
  static constexpr std::size_t kMostErrorBytes = 160;

  UnixMillis started = 0;
  bool gateway = false, dispatcher = false;  // what it is
  bool log_away = false;                     // its log does not answer
  bool reading_stopped = false;              // it reads no more, as what is open fills its index
  Accepting accepting;
  Delivering delivering;
  std::array<ClassWaiting, registry::kPriorities> classes;
  std::uint64_t in_flight = 0;
  std::vector<EndpointLine> endpoints;  // some: choose()
  std::uint64_t failing = 0;            // endpoints that fail, of which there may be more than are named
  std::uint64_t open = 0;               // endpoints for which something is open; the same

  // `started`: the earlier one. Of an endpoint that both name there are two lines then: fold().
  void add(const ProcessOverview& other);
  bool operator==(const ProcessOverview&) const = default;
};

// Several lines of one endpoint are added.
void fold(std::vector<EndpointLine>& endpoints);
// Those that are named where there are more than `most`: up to half are such that fail, the rest those with most
// waiting. The one with most waiting first.
void choose(std::vector<EndpointLine>& endpoints, std::size_t most);

// As many endpoints as there is room for.
std::string to_json(const ProcessOverview& overview);
// Nothing: it is none. What is missing is 0, what it does not know is passed over.
std::optional<ProcessOverview> process_overview_of(std::string_view json);

}  // namespace certes::questions
