#include "api/history/states.hpp"

#include <algorithm>
#include <array>
#include <tuple>

namespace certes::api::history {
namespace {

constexpr std::array<std::string_view, kEventStates> kEventTexts = {"accepted", "open", "delivered", "failed",
                                                                    "unmatched"};
constexpr std::array<std::string_view, kDeliveryStates> kDeliveryTexts = {"retrying",      "sending",   "delivered",
                                                                          "dead_lettered", "cancelled", "unmatched"};

// Of two ends, should there ever be two, whichever order they come in: what was delivered was.
int weight(DeliveryState state) {
  switch (state) {
    case DeliveryState::retrying:
    case DeliveryState::sending: return 0;
    case DeliveryState::unmatched: return 1;
    case DeliveryState::cancelled: return 2;
    case DeliveryState::dead_lettered: return 3;
    case DeliveryState::delivered: return 4;
  }
  return 0;
}

// An attempt's record says more than the dead letter that follows it.
auto rank(const DeliveryRow& row) { return std::tuple(weight(row.state), !row.letter, row.attempts, row.told_at); }

}  // namespace

std::string_view to_string(EventState state) { return kEventTexts.at(static_cast<std::size_t>(state)); }

std::optional<EventState> parse_event_state(std::string_view text) {
  const auto found = std::ranges::find(kEventTexts, text);
  if (found == kEventTexts.end()) return std::nullopt;
  return static_cast<EventState>(found - kEventTexts.begin());
}

std::string event_states() {
  std::string all;
  for (const std::string_view text : kEventTexts) all.append(all.empty() ? "" : ", ").append(text);
  return all;
}

std::string_view to_string(DeliveryState state) { return kDeliveryTexts.at(static_cast<std::size_t>(state)); }

void merge(DeliveryRow& known, const DeliveryRow& told) {
  const std::int64_t expected = std::max(known.expected, told.expected);
  const UnixMillis event_at = std::max(known.event_at, told.event_at);
  const std::int64_t attempts = std::max(known.attempts, told.attempts);
  if (rank(told) > rank(known)) known = told;
  known.expected = expected;
  known.event_at = event_at;
  known.attempts = attempts;
}

void StateOf::add(const DeliveryRow& delivery) {
  expected_ = std::max(expected_, delivery.expected);
  if (delivery.state == DeliveryState::unmatched) {
    unmatched_ = true;
    return;
  }
  ++count_;
  const bool ended = is_end(delivery.state);
  open_ = open_ || !ended;
  failed_ = failed_ || (ended && delivery.state != DeliveryState::delivered);
}

EventState StateOf::value() const {
  if (count_ == 0) return unmatched_ ? EventState::unmatched : EventState::accepted;
  if (open_ || count_ < expected_) return EventState::open;
  return failed_ ? EventState::failed : EventState::delivered;
}

}  // namespace certes::api::history
