#include "gateway/stream/outcomes.hpp"

#include <doctest/doctest.h>

#include "common/log/names.hpp"

using namespace certes;
using namespace certes::gateway::stream;
namespace names = log::names;

namespace {

constexpr std::size_t kRoom = 64u << 10;

struct Attempt {
  std::string delivery, endpoint, outcome;
  int attempt = 1, deliveries = 1, status = 0;
  std::string error = {}, answer = {};
  UnixMillis next_at = 0;
};

log::StoredRecord record(const Attempt& attempt) {
  log::StoredRecord record;
  if (!attempt.delivery.empty()) record.headers.add(names::kDelivery, attempt.delivery);
  record.headers.add(names::kEndpoint, attempt.endpoint);
  record.headers.add(names::kOutcome, attempt.outcome);
  record.headers.add(names::kAttempt, std::to_string(attempt.attempt));
  if (attempt.deliveries != 0) record.headers.add(names::kDeliveries, std::to_string(attempt.deliveries));
  if (attempt.status != 0) record.headers.add(names::kStatus, std::to_string(attempt.status));
  if (!attempt.error.empty()) record.headers.add(names::kError, attempt.error);
  if (attempt.next_at != 0) record.headers.add(names::kNext, std::to_string(attempt.next_at));
  record.value = attempt.answer;
  return record;
}

}  // namespace

TEST_CASE("Outcomes: over when all deliveries have ended, delivered when all were") {
  Outcomes outcomes;
  CHECK_FALSE(outcomes.any());
  outcomes.take(record({"d1", "billing", "delivered", 1, 2, 200, "", "fine \"so\""}), kRoom);
  CHECK_FALSE(outcomes.over());
  CHECK(outcomes.status() == "accepted");
  outcomes.take(record({"d2", "mail", "retry", 1, 2, 500, "500", "", 1'000}), kRoom);
  CHECK_FALSE(outcomes.over());
  outcomes.take(record({"d2", "mail", "delivered", 2, 2, 204}), kRoom);
  CHECK(outcomes.over());
  CHECK(outcomes.status() == "delivered");
  CHECK(outcomes.json("evt_1") ==
        R"({"id":"evt_1","status":"delivered","deliveries":[)"
        R"({"endpoint":"billing","state":"delivered","attempts":1,"status":200,"body":"fine \"so\""},)"
        R"({"endpoint":"mail","state":"delivered","attempts":2,"status":204}]})");
}

TEST_CASE("Outcomes: failed when one was given up or called off") {
  for (const char* outcome : {"dead_lettered", "cancelled"}) {
    CAPTURE(outcome);
    Outcomes outcomes;
    outcomes.take(record({"d1", "billing", "delivered", 1, 2, 200}), kRoom);
    outcomes.take(record({"d2", "mail", outcome, 3, 2, 400, "400: no"}), kRoom);
    CHECK(outcomes.over());
    CHECK(outcomes.status() == "failed");
    CHECK(outcomes.json("e").find(R"("attempts":3,"status":400,"error":"400: no"})") != std::string::npos);
  }
}

TEST_CASE("Outcomes: nobody takes it") {
  Outcomes outcomes;
  outcomes.take(record({"", "", "unmatched", 0, 0}), kRoom);
  CHECK(outcomes.over());
  CHECK(outcomes.json("evt_1") == R"({"id":"evt_1","status":"unmatched","deliveries":[]})");
}

TEST_CASE("Outcomes: nothing happens before a time only when every delivery is known and waits for a later one") {
  Outcomes outcomes;
  outcomes.take(record({"d1", "billing", "retry", 1, 2, 500, "500", "", 5'000}), kRoom);
  CHECK_FALSE(outcomes.later_than(1'000));  // of the other nothing is known
  outcomes.take(record({"d2", "mail", "awaiting", 1, 2, 202, "", "", 9'000}), kRoom);
  CHECK_FALSE(outcomes.later_than(1'000));  // its result may come at any time
  outcomes.take(record({"d2", "mail", "delivered", 1, 2}), kRoom);
  CHECK(outcomes.later_than(1'000));
  CHECK_FALSE(outcomes.later_than(5'000));
  CHECK(outcomes.json("e").find(
            R"("state":"retry","attempts":1,"status":500,"error":"500","retry_at":"1970-01-01T00:00:05)") !=
        std::string::npos);
  CHECK(outcomes.json("e").find(R"({"endpoint":"mail","state":"delivered","attempts":1,"status":202})") !=
        std::string::npos);  // of the last attempt
}

TEST_CASE("Outcomes: records that come again, or late, change nothing") {
  Outcomes outcomes;
  outcomes.take(record({"d1", "billing", "delivered", 2, 1, 200, "", "yes"}), kRoom);
  const std::string before = outcomes.json("e");
  outcomes.take(record({"d1", "billing", "retry", 1, 1, 500, "500", "", 1'000}), kRoom);
  outcomes.take(record({"d1", "billing", "delivered", 2, 1, 200, "", "yes"}), kRoom);
  log::StoredRecord other;
  outcomes.take(other, kRoom);
  CHECK(outcomes.json("e") == before);
}

TEST_CASE("Outcomes: an answer for which there is no room is left out, and that is said") {
  Outcomes outcomes;
  CHECK(outcomes.take(record({"d1", "billing", "retry", 1, 2, 500, "500", "12345678"}), 8));
  CHECK(outcomes.bytes() == 8);
  CHECK_FALSE(outcomes.take(record({"d2", "mail", "delivered", 1, 2, 200, "", "123"}), 2));
  CHECK(outcomes.bytes() == 8);
  CHECK(outcomes.json("evt_1").find(
            R"("endpoint":"mail","state":"delivered","attempts":1,"status":200,"body_cut":true})") !=
        std::string::npos);
  // What an answer had before is its own.
  CHECK(outcomes.take(record({"d1", "billing", "delivered", 2, 2, 200, "", "1234567890"}), 2));
  CHECK(outcomes.bytes() == 10);
  CHECK(outcomes.json("evt_1").find(R"("status":200,"body":"1234567890"})") != std::string::npos);
}
