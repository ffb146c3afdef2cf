#include "api/history/states.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace certes;
using namespace certes::api::history;

namespace {

DeliveryRow told(DeliveryState state, std::int64_t attempts, std::int64_t at, bool letter = false) {
  DeliveryRow row;
  row.id = "dlv_1";
  row.state = state;
  row.attempts = attempts;
  row.told_at = at;
  row.letter = letter;
  row.status = attempts * 100;
  return row;
}

DeliveryRow after(std::vector<DeliveryRow> all) {
  DeliveryRow known = all.front();
  for (const DeliveryRow& one : all) merge(known, one);
  return known;
}

EventState of(std::vector<DeliveryState> states, std::int64_t expected = 0) {
  StateOf event;
  for (const DeliveryState state : states) {
    DeliveryRow row = told(state, 1, 1);
    row.expected = expected;
    event.add(row);
  }
  return event.value();
}

}  // namespace

TEST_CASE("States: the last attempt says how a delivery stands, and an end stands for good") {
  const auto first = told(DeliveryState::retrying, 1, 10), second = told(DeliveryState::retrying, 2, 20);
  const auto end = told(DeliveryState::delivered, 3, 30), late = told(DeliveryState::retrying, 4, 40);
  CHECK(after({first, second}).attempts == 2);
  CHECK(after({first, second}).status == 200);
  CHECK(after({first, second, end}).state == DeliveryState::delivered);
  CHECK(after({first, second, end, late}).state == DeliveryState::delivered);
  CHECK(after({told(DeliveryState::sending, 1, 1), told(DeliveryState::delivered, 1, 2)}).state ==
        DeliveryState::delivered);
}

TEST_CASE("States: the same in whatever order the records come, and however often") {
  std::vector<DeliveryRow> all = {told(DeliveryState::retrying, 1, 10), told(DeliveryState::retrying, 2, 20),
                                  told(DeliveryState::dead_lettered, 3, 30),
                                  told(DeliveryState::dead_lettered, 3, 5, true)};
  all[1].expected = 2;
  std::ranges::sort(all, {}, &DeliveryRow::told_at);
  do {
    const DeliveryRow known = after(all);
    CHECK(known.state == DeliveryState::dead_lettered);
    CHECK(known.attempts == 3);
    CHECK(known.told_at == 30);
    CHECK_FALSE(known.letter);
    CHECK(known.expected == 2);
  } while (std::ranges::next_permutation(all, {}, &DeliveryRow::told_at).found);
}

TEST_CASE("States: of two ends, what was delivered was delivered") {
  const auto delivered = told(DeliveryState::delivered, 1, 10), letter = told(DeliveryState::dead_lettered, 1, 20);
  CHECK(after({delivered, letter}).state == DeliveryState::delivered);
  CHECK(after({letter, delivered}).state == DeliveryState::delivered);
  CHECK(after({told(DeliveryState::cancelled, 1, 30), letter}).state == DeliveryState::dead_lettered);
}

TEST_CASE("States: an event is what its deliveries are together") {
  using enum DeliveryState;
  CHECK(of({}) == EventState::accepted);
  CHECK(of({unmatched}) == EventState::unmatched);
  CHECK(of({delivered}) == EventState::delivered);
  CHECK(of({delivered, delivered}) == EventState::delivered);
  CHECK(of({retrying}) == EventState::open);
  CHECK(of({sending, delivered}) == EventState::open);
  CHECK(of({dead_lettered, retrying}) == EventState::open);
  CHECK(of({dead_lettered, delivered}) == EventState::failed);
  CHECK(of({cancelled}) == EventState::failed);
}

TEST_CASE("States: an event of which more deliveries are said to be than are known is open") {
  CHECK(of({DeliveryState::delivered}, 2) == EventState::open);
  CHECK(of({DeliveryState::delivered, DeliveryState::delivered}, 2) == EventState::delivered);
}

TEST_CASE("States: the words of states are read as they are written") {
  for (int i = 0; i < kEventStates; ++i) {
    const auto state = static_cast<EventState>(i);
    CHECK(parse_event_state(to_string(state)) == state);
    CHECK(event_states().find(to_string(state)) != std::string::npos);
  }
  CHECK_FALSE(parse_event_state("Delivered"));
  CHECK_FALSE(parse_event_state(""));
  CHECK(to_string(DeliveryState::dead_lettered) == "dead_lettered");
}
