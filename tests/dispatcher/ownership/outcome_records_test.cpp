#include "dispatcher/ownership/outcome_records.hpp"

#include <doctest/doctest.h>

#include "common/log/names.hpp"

namespace certes::dispatcher {
namespace {

using log::Topic;

Outcome outcome(Topic topic, const Ending& ending, std::uint32_t attempt = 1) {
  Outcome made;
  made.topic = topic;
  made.ending = ending;
  made.delivery = "dlv_1";
  made.attempt = attempt;
  made.recorded_at = 100 * attempt;
  return made;
}

log::StoredRecord stored(Topic topic, log::Record&& record) {
  log::StoredRecord made;
  made.topic = topic;
  made.appended_at = 500;
  made.headers = std::move(record.headers);
  made.value = std::move(record.value);
  return made;
}

}  // namespace

TEST_CASE(
    "Outcome: what ends a delivery depends on the topic: a dead letter that is announced is still to be written") {
  CHECK(outcome(Topic::attempts, Delivered{}).ended() == book::Ended::delivered);
  CHECK(outcome(Topic::attempts, Cancelled{}).ended() == book::Ended::cancelled);
  CHECK_FALSE(outcome(Topic::attempts, RetryAt{}).ended());
  CHECK_FALSE(outcome(Topic::attempts, Awaiting{}).ended());
  CHECK_FALSE(outcome(Topic::attempts, DeadLettered{}).ended());
  CHECK(outcome(Topic::dead_letters, DeadLettered{}).ended() == book::Ended::dead_lettered);
}

TEST_CASE("Outcome: what does not end a delivery says what it comes to next, and when") {
  CHECK(outcome(Topic::attempts, RetryAt{5}, 2).tried() == book::Tried{2, 5, 200, Due::attempt});
  CHECK(outcome(Topic::attempts, Awaiting{5}, 2).tried() == book::Tried{2, 5, 200, Due::result});
  CHECK(outcome(Topic::attempts, DeadLettered{}, 2).tried() == book::Tried{2, 200, 200, Due::dead_letter});
}

TEST_CASE("Outcome: one in doubt is the same only with its topic, place, delivery, attempt, and whether it ends") {
  const Outcome one = outcome(Topic::attempts, RetryAt{5}, 2);
  CHECK(one.same_as(outcome(Topic::attempts, RetryAt{5}, 2)));
  CHECK_FALSE(one.same_as(outcome(Topic::attempts, RetryAt{5}, 1)));
  CHECK_FALSE(one.same_as(outcome(Topic::attempts, Delivered{}, 2)));
  CHECK_FALSE(one.same_as(outcome(Topic::dead_letters, RetryAt{5}, 2)));
  Outcome other = one;
  other.delivery = "dlv_2";
  CHECK_FALSE(one.same_as(other));
  other = one;
  other.origin.offset = 1;
  CHECK_FALSE(one.same_as(other));
}

TEST_CASE("Outcome: survives its record, as the index is told") {
  AttemptRecord attempt;
  attempt.delivery = "dlv_1";
  attempt.tenant = "acme";
  attempt.endpoint = "billing";
  attempt.attempt = 4;
  attempt.ending = DeadLettered{};
  attempt.rule = "max_attempts";
  attempt.error = "503";
  attempt.answer = "no";
  const auto read = outcome_of(stored(Topic::attempts, attempt_record(attempt, {0, 12})));
  REQUIRE(read);
  const book::Outcome told = for_index(*read);
  CHECK(told.offset == 12);
  CHECK(told.tenant == "acme");
  CHECK(told.endpoint == "billing");
  CHECK_FALSE(told.ended);
  CHECK(told.tried == book::Tried{4, 500, 500, Due::dead_letter});
  CHECK(told.reason == book::Reason{"max_attempts", "503", "no"});
}

TEST_CASE("Outcome: without an endpoint it is of a lane of nobody's; without a delivery it is none") {
  log::Record letter;
  letter.headers.add(log::names::kDelivery, "dlv_1");
  letter.headers.add(log::names::kTenant, "acme");
  add_origin(letter.headers, {0, 12});
  const auto read = outcome_of(stored(Topic::dead_letters, std::move(letter)));
  REQUIRE(read);
  CHECK(for_index(*read).tenant.empty());
  CHECK(for_index(*read).endpoint == kNobody);
  CHECK(for_index(*read).ended == book::Ended::dead_lettered);
  CHECK_FALSE(outcome_of(stored(Topic::attempts, attempt_record({}, {0, 12}))));
}

}  // namespace certes::dispatcher
