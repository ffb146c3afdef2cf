#pragma once
// Whether an event has a delivery that has not ended, as the dispatcher says that has its partition: of each endpoint
// that may get it, as the subscriptions are now. (What was one before, and is open, is cancelled by the dispatcher.)
// Who: the work of an erasure. Blocks, for a second at most for each question.

#include <span>
#include <string>
#include <vector>

#include "api/call.hpp"
#include "common/log/origin.hpp"

namespace certes::api {

// An event on the log, as far as that is asked for.
struct AskedEvent {
  std::int64_t offset = 0;
  std::string endpoints;  // of a replay, with commas; empty: whoever subscribes
  UnixMillis at = 0;      // appended
  bool is_repeat = false;
};

// So many are asked for at once, which are for the same endpoints.
inline constexpr std::size_t kMostAskedEvents = 8;

// Of these events of a tenant in a partition the offsets of those that are open. Errors: unavailable, as nobody has
// answered; busy. Precondition: kMostAskedEvents at most, for the same endpoints.
Result<std::vector<std::int64_t>> open_among(std::span<const AskedEvent> events, std::int32_t partition,
                                             const std::string& tenant, Services& services);

}  // namespace certes::api
