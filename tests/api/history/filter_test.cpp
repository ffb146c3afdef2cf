#include "api/history/filter.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace certes;
using namespace certes::api::history;

namespace {

EventRow event() {
  EventRow row;
  row.place = {1, 5};
  row.at = 1'000;
  row.id = "evt_1";
  row.client_id = "7";
  row.type = "order.created";
  row.source = "/shop";
  row.tenant = "default";
  row.conversation = "conv";
  row.state = EventState::failed;
  return row;
}

bool matches(const std::function<void(Filter&)>& set) {
  Filter filter;
  filter.tenant = "default";
  set(filter);
  return filter.matches(event());
}

}  // namespace

TEST_CASE("Filter: all that is asked for must fit") {
  CHECK(matches([](Filter&) {}));
  CHECK_FALSE(matches([](Filter& f) { f.tenant = "acme"; }));
  CHECK(matches([](Filter& f) { f.type = "order.created"; }));
  CHECK_FALSE(matches([](Filter& f) { f.type = "order"; }));
  CHECK(matches([](Filter& f) { f.source = "/shop"; }));
  CHECK_FALSE(matches([](Filter& f) { f.source = ""; }));
  CHECK(matches([](Filter& f) { f.source_id = "7"; }));
  CHECK_FALSE(matches([](Filter& f) { f.source_id = "evt_1"; }));
  CHECK(matches([](Filter& f) { f.state = EventState::failed; }));
  CHECK_FALSE(matches([](Filter& f) { f.state = EventState::open; }));
  CHECK(matches([](Filter& f) { f.conversation = "conv"; }));
  CHECK(matches([](Filter& f) { f.conversation = "evt_1"; }));
  CHECK_FALSE(matches([](Filter& f) { f.conversation = "other"; }));
  CHECK(matches([](Filter& f) { f.type = "order.created", f.source = "/shop"; }));
  CHECK_FALSE(matches([](Filter& f) { f.type = "order.created", f.source = "/else"; }));
}

TEST_CASE("Filter: a time range has its beginning in it, and its end not") {
  CHECK(matches([](Filter& f) { f.from = 1'000; }));
  CHECK_FALSE(matches([](Filter& f) { f.from = 1'001; }));
  CHECK(matches([](Filter& f) { f.to = 1'001; }));
  CHECK_FALSE(matches([](Filter& f) { f.to = 1'000; }));
}

TEST_CASE("Filter: a replay for an endpoint is listed nowhere") {
  EventRow row = event();
  Filter filter;
  filter.tenant = "default";
  row.replay = "rpl_1";
  CHECK(filter.matches(row));
  row.endpoint = "billing";
  CHECK_FALSE(filter.matches(row));
}

TEST_CASE("Filter: a replay of an event that stands besides is listed nowhere, for whomever it is") {
  EventRow row = event();
  Filter filter;
  filter.tenant = "default";
  row.replay = "rpl_event_1-5-job_1";
  CHECK_FALSE(filter.matches(row));
}

TEST_CASE("Filter: the way is the shortest list that holds all that is asked for") {
  Filter filter;
  CHECK(way_of(filter) == Way::time);
  filter.type = "a";
  CHECK(way_of(filter) == Way::type);
  filter.state = EventState::delivered;
  CHECK(way_of(filter) == Way::type);
  filter.state = EventState::failed;
  CHECK(way_of(filter) == Way::state);
  filter.endpoint = "e";
  CHECK(way_of(filter) == Way::endpoint);
  filter.conversation = "c";
  CHECK(way_of(filter) == Way::conversation);
  filter.source_id = "s";
  CHECK(way_of(filter) == Way::client_id);
  CHECK(key_of(Way::client_id, filter) == "s");
  CHECK(key_of(Way::conversation, filter) == "c");
  CHECK(key_of(Way::endpoint, filter) == "e");
  CHECK(key_of(Way::type, filter) == "a");
  CHECK_FALSE(key_of(Way::time, filter));
}

TEST_CASE("Cursor: text and back; what has been seen is what is as new, or newer") {
  const Cursor cursor{1'000, {1, 5}};
  const auto read = Cursor::parse(cursor.text());
  REQUIRE(read);
  CHECK(read->at == 1'000);
  CHECK(read->place == Place{1, 5});
  CHECK(cursor.has_seen(event()));
  CHECK_FALSE(Cursor{}.has_seen(event()));
  CHECK_FALSE(Cursor{1'000, {1, 6}}.has_seen(event()));
  CHECK(Cursor{1'000, {1, 4}}.has_seen(event()));
  CHECK(Cursor{999, {9, 9}}.has_seen(event()));
  for (const char* none :
       {"", "1", "1-2", "1-2-", "-1-2-3", "1-2-3-4", "a-b-c", "99999999999999999999-0-0", "01-0-0"}) {
    CAPTURE(none);
    CHECK_FALSE(Cursor::parse(none));
  }
}
