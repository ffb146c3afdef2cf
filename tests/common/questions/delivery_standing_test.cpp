// The subject of a question about deliveries, and its answer: as they were written, and what is none.
#include "common/questions/delivery_standing.hpp"

#include <doctest/doctest.h>

#include "common/json/json.hpp"

using namespace certes;
using namespace certes::questions;
using registry::Priority;

namespace {

DeliveryStanding open_one() {
  DeliveryStanding one;
  one.place = {3, 17};
  one.stage = Stage::open;
  one.waits_for = WaitsFor::order;
  one.until = 1'700'000'000'000;
  one.priority = Priority::high;
  one.attempts = 2;
  one.in_memory = true;
  one.before = {5, 7, true};
  one.first_of_key = FirstOfKey{12, 1, 1'700'000'001'000};
  return one;
}

}  // namespace

TEST_CASE("Delivery's standing: a subject is read as it was written, with no more places than may be") {
  DeliverySubject subject{{{3, 17}, {5, 2}}, "billing"};
  CHECK(subject.text() == "3:17,5:2/billing");
  const auto read = DeliverySubject::parse(subject.text());
  REQUIRE(read);
  CHECK(read->places == subject.places);
  CHECK(read->endpoint == "billing");
  subject.places.assign(DeliverySubject::kMostPlaces + 1, {1, 1});
  const auto cut = DeliverySubject::parse(subject.text());
  REQUIRE(cut);
  CHECK(cut->places.size() == DeliverySubject::kMostPlaces);
}

TEST_CASE("Delivery's standing: what is no subject is nothing") {
  for (const char* text :
       {"", "/", "3:17", "3:17/", "/billing", "3/billing", "3:x/billing", "-1:2/billing", "1:-2/billing",
        "1:2,/billing", ",1:2/billing", "1:2,,3:4/billing", "1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1,1:1/billing"})
    CHECK_MESSAGE(!DeliverySubject::parse(text), text);
}

TEST_CASE("Delivery's standing: an answer is read as it was written") {
  DeliveryStanding unrouted, closed;
  unrouted.place = {0, 9};
  unrouted.stage = Stage::unrouted;
  unrouted.unrouted_before = 4;
  closed.place = {1, 2};
  const std::vector<DeliveryStanding> all = {open_one(), unrouted, closed};
  const auto read = delivery_standings_of(to_json(all));
  REQUIRE(read);
  CHECK(*read == all);
}

TEST_CASE("Delivery's standing: each thing that it waits for has a word of its own, and comes back by it") {
  for (int i = 0; i <= static_cast<int>(WaitsFor::turn); ++i) {
    DeliveryStanding one = open_one();
    one.waits_for = static_cast<WaitsFor>(i);
    CHECK(delivery_standings_of(to_json({one}))->at(0) == one);
  }
  CHECK(to_string(WaitsFor::turn) == "turn");
}

TEST_CASE("Delivery's standing: a later release's words are passed over, and what is wrong is nothing") {
  const auto later = delivery_standings_of(
      R"({"standings":[{"place":"3:17","stage":"open","waits_for":"a_word","new":1}],"more":true})");
  REQUIRE(later);
  CHECK(later->at(0).stage == Stage::open);
  CHECK(later->at(0).waits_for == WaitsFor::unknown);
  for (const char* text :
       {"", "7", "{}", R"({"standings":{}})", R"({"standings":[7]})", R"({"standings":[{"stage":"open"}]})",
        R"({"standings":[{"place":"3"}]})", R"({"standings":[{"place":"3:17","until":-1}]})",
        R"({"standings":[{"place":"3:17","more":1}]})", R"({"standings":[{"place":"3:17","first_of_key":[]}]})",
        R"({"standings":[{"place":"3:17","waits_for":1}]})"})
    CHECK_MESSAGE(!delivery_standings_of(text), text);
}
