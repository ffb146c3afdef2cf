#pragma once
// Ending: how an attempt, or what was decided without one, leaves a delivery: at its end, or waiting for what comes
// next. A variant: an ending that is added is an error of the compiler wherever it is forgotten. Its text on the log
// (names::kOutcome) and in metrics stands in one table. Who: recorder, owner, metrics. Plain values; any thread.

#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>

#include "common/base/clock.hpp"

namespace certes::dispatcher {

struct Delivered {};
struct RetryAt {  // another attempt is due then
  UnixMillis at = 0;
};
struct Awaiting {  // a command was taken (202): its result comes from elsewhere until then, or never
  UnixMillis until = 0;
};
struct DeadLettered {};  // its dead letter, which follows, ends it
struct Cancelled {};     // nobody is to get it any more

using Ending = std::variant<Delivered, RetryAt, Awaiting, DeadLettered, Cancelled>;
inline constexpr std::size_t kEndings = std::variant_size_v<Ending>;

// "delivered", "retry", "awaiting", "dead_lettered", "cancelled".
std::string_view text_of(const Ending& ending);
Ending ending_at(std::size_t index);  // of the variant's alternatives; precondition: below kEndings
// `next_at`: of what comes next, where something does. Nothing: no ending has that text.
std::optional<Ending> parse_ending(std::string_view text, UnixMillis next_at);

// When the next attempt is due, or the result's time is over; 0: neither is to come.
UnixMillis next_of(const Ending& ending);
// Whether the delivery comes to no other attempt and no result.
bool is_last(const Ending& ending);

// Of an event that nobody gets, which has no delivery, where a caller waits for it.
inline constexpr std::string_view kUnmatchedText = "unmatched";

}  // namespace certes::dispatcher
