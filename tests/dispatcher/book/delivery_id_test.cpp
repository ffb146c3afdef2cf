#include "dispatcher/book/delivery_id.hpp"

#include <doctest/doctest.h>

#include <set>

#include "dispatcher/outcome/dead_letter.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using tests::EventText;

TEST_CASE("DeliveryId: the same in every process") {
  CHECK(delivery_id("evt_1", "billing", "") == "dlv_c2666ae7cb1319b63346d65501720e9e");
  CHECK(delivery_id("evt_1", "billing", "").size() == 36);
}

TEST_CASE("DeliveryId: another event, endpoint or replay is another delivery") {
  std::set<std::string> ids;
  std::size_t made = 0;
  for (int event = 0; event < 300; ++event)
    for (int endpoint = 0; endpoint < 30; ++endpoint)
      for (const auto* replay : {"", "rpl_1", "rpl_2"}) {
        ids.insert(delivery_id("evt_" + std::to_string(event), std::to_string(endpoint), replay));
        ++made;
      }
  CHECK(ids.size() == made);
  CHECK(delivery_id("ab", "c", "") != delivery_id("a", "bc", ""));
  CHECK(delivery_id("a", "b", "c") != delivery_id("a", "bc", ""));
}

TEST_CASE("DeliveryId: two tenants' endpoints of one id have deliveries of their own of an event") {
  EventText text;
  text.tenant = "acme";
  text.headers = {{"certes-replay", "rpl_1"}};
  const auto event = tests::make_event(text);
  CHECK(delivery_id(*event, "evt_1", "acme", "ops") == delivery_id("evt_1", "ops", "rpl_1"));
  CHECK(delivery_id(*event, "evt_1", "default", "ops") == delivery_id("evt_1", "default/ops", "rpl_1"));
  log::StoredRecord foreign;
  CHECK(delivery_id(foreign, "evt_1", "default", "ops") == delivery_id("evt_1", "ops", ""));
}

TEST_CASE("EventId: Certes' own, or for foreign records one without dots made of source and id") {
  const auto own = tests::make_event({});
  CHECK(event_id(*own) == "evt_1");
  CHECK(event_id(*event::view(*own)) == "evt_1");
  log::StoredRecord foreign;
  foreign.headers.add("ce_specversion", "1.0");
  foreign.headers.add("ce_id", "order.7");
  foreign.headers.add("ce_source", "/shop");
  foreign.headers.add("ce_type", "order.created");
  const auto made = event_id(foreign);
  CHECK(made.starts_with("evt_"));
  CHECK(made.find('.') == std::string::npos);
  CHECK(made == event_id(*event::view(foreign)));
}

TEST_CASE("DeadLetter: keeps the event, replaces what is its own, cuts the error between characters") {
  EventText event;
  event.headers = {{"certes-endpoint", "old"}, {"certes-term", "9"}, {"certes-replay", "rpl_1"}};
  const auto record = tests::make_event(event);
  std::string error(4'095, 'x');
  error.append("ö and more");
  const auto letter = dead_letter_record(*record, {"dlv_1", "billing", 3, "max_attempts", error});
  CHECK(letter.value == record->value);
  CHECK(letter.headers.get("certes-endpoint") == "billing");
  CHECK(letter.headers.get("certes-replay") == "rpl_1");
  CHECK_FALSE(letter.headers.find("certes-term").has_value());
  CHECK(letter.headers.get("certes-error") == std::string(4'095, 'x'));
  const auto bare = dead_letter_record(*record, {"dlv_1", "billing", 3, "max_attempts", "e"}, Keep::nothing);
  CHECK(bare.value.empty());
  CHECK(bare.headers.get("certes-payload") == "dropped");
  CHECK_FALSE(letter.headers.find("certes-payload").has_value());
  event.body.clear();
  const auto nothing_to_keep =
      dead_letter_record(*tests::make_event(event), {"dlv_1", "billing", 3, "r", "e"}, Keep::nothing);
  CHECK_FALSE(nothing_to_keep.headers.find("certes-payload").has_value());
  CHECK(bare.headers.get("certes-id") == "evt_1");
  CHECK_FALSE(bare.headers.find("content-type").has_value());
}
