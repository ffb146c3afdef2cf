#include "dispatcher/ownership/outcome_records.hpp"

#include <doctest/doctest.h>

namespace certes::dispatcher {
namespace {

Outcome outcome(log::Topic topic, const Ending& ending, std::uint32_t attempt = 1) {
  Outcome made;
  made.topic = topic;
  made.ending = ending;
  made.delivery = "dlv_1";
  made.attempt = attempt;
  made.recorded_at = 100 * attempt;
  return made;
}

}  // namespace

TEST_CASE(
    "Outcome: what ends a delivery depends on the topic: a dead letter that is announced is still to be written") {
  using log::Topic;
  CHECK(outcome(Topic::attempts, Delivered{}).ends());
  CHECK(outcome(Topic::attempts, Cancelled{}).ends());
  CHECK_FALSE(outcome(Topic::attempts, RetryAt{}).ends());
  CHECK_FALSE(outcome(Topic::attempts, Awaiting{}).ends());
  CHECK_FALSE(outcome(Topic::attempts, DeadLettered{}).ends());
  CHECK(outcome(Topic::dead_letters, DeadLettered{}).ends());
}

TEST_CASE("Outcome: one in doubt is the same only with its topic, place, delivery, attempt, and whether it ends") {
  const Outcome one = outcome(log::Topic::attempts, RetryAt{5}, 2);
  CHECK(one.same_as(outcome(log::Topic::attempts, RetryAt{5}, 2)));
  CHECK_FALSE(one.same_as(outcome(log::Topic::attempts, RetryAt{5}, 1)));
  CHECK_FALSE(one.same_as(outcome(log::Topic::attempts, Delivered{}, 2)));
  CHECK_FALSE(one.same_as(outcome(log::Topic::dead_letters, RetryAt{5}, 2)));
  Outcome other = one;
  other.delivery = "dlv_2";
  CHECK_FALSE(one.same_as(other));
  other = one;
  other.origin.offset = 1;
  CHECK_FALSE(one.same_as(other));
}

TEST_CASE("Outcome: an earlier attempt that is read after a later one changes nothing, nor does one after the end") {
  DeliveryState state;
  apply(outcome(log::Topic::attempts, Awaiting{7}, 3), state);
  apply(outcome(log::Topic::attempts, RetryAt{5}, 2), state);
  CHECK(state.attempts == 3);
  CHECK(state.due == Due::result);
  CHECK(state.next_at == 7);
  CHECK(state.first_at == 300);
  apply(outcome(log::Topic::dead_letters, DeadLettered{}), state);
  apply(outcome(log::Topic::attempts, DeadLettered{}, 4), state);
  CHECK(state.done);
  CHECK(state.dead_lettered);
  CHECK(state.due == Due::attempt);
}

}  // namespace certes::dispatcher
