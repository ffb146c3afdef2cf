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

TEST_CASE("Outcome records: how a request went is said where it is known, and costs nothing where it is not") {
  AttemptRecord attempt;
  attempt.delivery = "dlv_1";
  attempt.event_id = "evt_1";
  attempt.endpoint = "billing";
  attempt.tenant = "default";
  attempt.ending = RetryAt{1'700'000'000'000};
  const std::size_t before = attempt_record(attempt, {0, 12}).size();
  const Phases phases{{}, 1'500, {}, 20'000}, none;
  attempt.phases = &none;
  CHECK(attempt_record(attempt, {0, 12}).size() == before);
  attempt.phases = &phases;
  attempt.address = "10.0.0.7:443";
  attempt.answer_header = "Server: shop\n";
  attempt.next_by = "backoff";
  attempt.policy = "slow";
  attempt.breaker_open = true;
  log::Record record = attempt_record(attempt, {0, 12});
  CHECK(record.headers.get(log::names::kPhases) == "-,1500,-,20000");
  CHECK(record.headers.get(log::names::kAddress) == "10.0.0.7:443");
  CHECK(record.headers.get(log::names::kAnswerHeader) == "Server: shop\n");
  CHECK(record.headers.get(log::names::kNextBy) == "backoff");
  CHECK(record.headers.get(log::names::kPolicy) == "slow");
  CHECK(record.headers.get(log::names::kBreaker) == "open");
  // The next owner reads the same of it as before.
  CHECK(outcome_of(stored(Topic::attempts, std::move(record)))->tried().due == 1'700'000'000'000);
}

TEST_CASE("Outcome records: a failed attempt with all that is kept stays within 4 KB") {
  const std::string answer(kFailedAnswerBytes, 'a'), header(1'024, 'h'), word(128, 'w');
  const Phases phases{4'294'967'295u, 4'294'967'295u, 4'294'967'295u, 4'294'967'295u};
  AttemptRecord attempt;
  attempt.delivery = attempt.event_id = attempt.endpoint = attempt.tenant = attempt.policy = word;
  attempt.ending = RetryAt{1'700'000'000'000};
  attempt.error = "503";
  attempt.answer = answer;
  attempt.answer_header = header;
  attempt.phases = &phases;
  attempt.address = "[2001:db8:1111:2222:3333:4444:5555:6666]:65535";
  attempt.next_by = "retry_after";
  CHECK(attempt_record(attempt, {0, 12}).size() <= 4'096);
}

}  // namespace certes::dispatcher
