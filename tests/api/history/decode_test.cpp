#include "api/history/decode.hpp"

#include <doctest/doctest.h>

#include "tests/api/history/records.hpp"

using namespace certes;
using namespace certes::api::history;
using namespace certes::api::history::testing;
using log::Topic;

namespace {

std::optional<Told> told_of(AttemptText text, std::int32_t partition = 2) {
  return told_by(stored(Topic::attempts, partition, 7, attempt_record(text)));
}

}  // namespace

TEST_CASE("Decode: an event's row is what its record says") {
  const auto row = event_row(
      stored(Topic::events, 2, 9,
             event_record({.id = "evt_1", .tenant = "acme", .client_id = "order-7", .conversation = "conv-1"}), 1'234));
  REQUIRE(row);
  CHECK(row->place == Place{2, 9});
  CHECK(row->at == 1'234);
  CHECK(row->id == "evt_1");
  CHECK(row->client_id == "order-7");
  CHECK(row->type == "order.created");
  CHECK(row->source == "/shop");
  CHECK(row->tenant == "acme");
  CHECK(row->kind == "event");
  CHECK(row->conversation == "conv-1");
  CHECK(row->content_type == "application/json");
  CHECK(row->bytes == 7);
  CHECK_FALSE(row->is_repeat());
}

TEST_CASE("Decode: an id that Certes gave is no client's, and a conversation of its own is none to look for") {
  const auto row = event_row(stored(Topic::events, 0, 0, event_record({.id = "evt_1"})));
  REQUIRE(row);
  CHECK(row->client_id.empty());
  CHECK(row->conversation.empty());
}

TEST_CASE("Decode: a foreign record has the id that dispatchers give it; what is no event has no row") {
  log::Record foreign;
  for (const auto& [name, value] :
       {std::pair("ce_id", "7"), {"ce_source", "/else"}, {"ce_type", "a.b"}, {"ce_specversion", "1.0"}})
    foreign.headers.add(name, value);
  const auto row = event_row(stored(Topic::events, 0, 0, std::move(foreign)));
  REQUIRE(row);
  CHECK(row->id.starts_with("evt_"));
  CHECK(row->id.size() == 36);
  CHECK(row->client_id == "7");
  CHECK(row->tenant == "default");
  CHECK_FALSE(event_row(stored(Topic::events, 0, 0, log::Record{})));
}

TEST_CASE("Decode: a replay for an endpoint is no event of its own") {
  const auto row =
      event_row(stored(Topic::events, 0, 5, event_record({.id = "evt_1", .replay = "rpl_1", .endpoint = "billing"})));
  REQUIRE(row);
  CHECK(row->is_repeat());
}

TEST_CASE("Decode: an attempt's record says how its delivery stands") {
  const auto told = told_of({.origin = "2:9",
                             .outcome = "retry",
                             .attempt = 3,
                             .status = 503,
                             .answer = "busy",
                             .error = "503",
                             .next_at = 99,
                             .deliveries = 2});
  REQUIRE(told);
  CHECK(told->delivery.event == Place{2, 9});
  CHECK(told->delivery.id == "dlv_evt_1_billing");
  CHECK(told->delivery.state == DeliveryState::retrying);
  CHECK(told->delivery.attempts == 3);
  CHECK(told->delivery.next_at == 99);
  CHECK(told->delivery.expected == 2);
  REQUIRE(told->attempt);
  CHECK(told->attempt->offset == 7);
  CHECK(told->attempt->attempt == 3);
  CHECK(told->attempt->outcome == "retry");
  CHECK(told->attempt->status == 503);
  CHECK(told->attempt->error == "503");
  CHECK(told->attempt->answer == "busy");
  CHECK(told->attempt->duration_us == 1'500);
}

TEST_CASE("Decode: every outcome has its state") {
  const std::pair<const char*, DeliveryState> all[] = {
      {"delivered", DeliveryState::delivered}, {"retry", DeliveryState::retrying},
      {"awaiting", DeliveryState::sending},    {"dead_lettered", DeliveryState::dead_lettered},
      {"cancelled", DeliveryState::cancelled}, {"of a later release", DeliveryState::retrying}};
  for (const auto& [outcome, state] : all) {
    CAPTURE(outcome);
    const auto told = told_of({.origin = "2:9", .outcome = outcome, .next_at = 5});
    REQUIRE(told);
    CHECK(told->delivery.state == state);
    CHECK((told->delivery.next_at == 0) == is_end(state));
  }
}

TEST_CASE("Decode: what nobody takes has no delivery and no attempt") {
  const auto told = told_of({.origin = "2:9", .outcome = "unmatched", .attempt = 0});
  REQUIRE(told);
  CHECK(told->delivery.id.empty());
  CHECK(told->delivery.state == DeliveryState::unmatched);
  CHECK_FALSE(told->attempt);
}

TEST_CASE("Decode: a dead letter ends its delivery, and is no attempt") {
  const auto told = told_by(
      stored(Topic::dead_letters, 2, 4, letter_record({.origin = "2:9", .attempt = 5, .rule = "endpoint_disabled"})));
  REQUIRE(told);
  CHECK(told->delivery.state == DeliveryState::dead_lettered);
  CHECK(told->delivery.attempts == 5);
  CHECK(told->delivery.rule == "endpoint_disabled");
  CHECK(told->delivery.letter);
  CHECK_FALSE(told->attempt);
}

TEST_CASE("Decode: what tells of no delivery tells nothing") {
  log::Record term;
  term.headers.add(log::names::kTerm, "4");
  CHECK_FALSE(told_by(stored(Topic::attempts, 2, 7, std::move(term))));
  for (const char* origin : {"", "2", "2:", ":9", "2:x", "2:-1", "3:9"}) {
    CAPTURE(origin);
    CHECK_FALSE(told_of({.origin = origin}));
  }
}

TEST_CASE("Decode: numbers that are none are zero, and long texts are cut") {
  auto record = attempt_record({.origin = "2:9", .outcome = "retry", .status = 0});
  record.headers.add(log::names::kStatus, "many");
  record.headers.add(log::names::kError, std::string(10'000, 'e'));
  record.value = std::string(10'000, 'a');
  const auto told = told_by(stored(Topic::attempts, 2, 7, std::move(record)));
  REQUIRE(told);
  CHECK(told->delivery.status == 0);
  CHECK(told->delivery.error.size() == 4'096);
  CHECK(told->attempt->answer.size() == 4'096);
}

TEST_CASE("Decode: what an attempt's record says of its request is taken as it stands, within bounds") {
  const auto told = told_of({.origin = "2:5",
                             .outcome = "retry",
                             .phases = "1,2,3,4",
                             .address = std::string(200, 'a'),
                             .answer_header = "A: b\n",
                             .next_by = "backoff",
                             .policy = "slow",
                             .breaker = "open"});
  REQUIRE(told);
  REQUIRE(told->attempt);
  CHECK(told->attempt->phases == "1,2,3,4");
  CHECK(told->attempt->address.size() == 128);
  CHECK(told->attempt->answer_header == "A: b\n");
  CHECK(told->attempt->next_by == "backoff");
  CHECK(told->attempt->policy == "slow");
  CHECK(told->attempt->breaker_open);
  CHECK_FALSE(told_of({.origin = "2:5"})->attempt->breaker_open);
}
