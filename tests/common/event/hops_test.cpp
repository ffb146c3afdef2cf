// How often an event has left Certes and come in again.
#include "common/event/hops.hpp"

#include <doctest/doctest.h>

#include "common/event/event.hpp"

using namespace certes;
using namespace certes::event;

namespace {

struct Header {
  std::string_view name, value;
};

log::StoredRecord event_with(std::string_view hops) {
  log::StoredRecord record;
  for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{"ce_specversion", "1.0"},
                                    {"ce_id", "1"},
                                    {"ce_source", "/shop"},
                                    {"ce_type", "order.created"},
                                    {"certes-hops", hops}})
    record.headers.add(name, value);
  return record;
}

}  // namespace

TEST_CASE("Hops: a number, or the highest of several") {
  for (const auto& [text, number] : {std::pair{"0", 0u},
                                     {"3", 3u},
                                     {"8", 8u},
                                     {"9", 9u},
                                     {"0003", 3u},
                                     {" 3\t", 3u},
                                     {"1, 3", 3u},
                                     {"3,1", 3u},
                                     {"10", kMaxHops + 1},
                                     {"4294967296", kMaxHops + 1},
                                     {"99999999999999999999999999999999", kMaxHops + 1}}) {
    CAPTURE(text);
    CHECK(read_hops(text) == number);
  }
}

TEST_CASE("Hops: what is no number is refused, and not taken for none") {
  for (const char* text :
       {"", " ", "-1", "+1", "1.0", "1e0", "0x1", "one", "1 2", "1,", ",1", "1,,2", "1;2", "\xd9\xa1"}) {
    CAPTURE(text);
    const auto read = read_hops(text);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == Code::invalid);
    CHECK(read.error().pointer == "certes-hops");
  }
}

TEST_CASE("Hops: of a request's headers, whatever the case of their names and however often they are there") {
  const auto of = [](std::vector<Header> headers) { return hops_of(headers); };
  CHECK(of({}) == 0);
  CHECK(of({{"Host", "9"}}) == 0);
  CHECK(of({{"certes-hops", "2"}}) == 2);
  CHECK(of({{"Certes-Hops", "5"}, {"CERTES-HOPS", "0"}}) == 5);
  CHECK(of({{"certes-hops", "0"}, {"certes-hops", "7, 1"}}) == 7);
  CHECK_FALSE(of({{"certes-hops", "1"}, {"certes-hops", "x"}}));
}

TEST_CASE("Hops: they stand on the record, unless there are none") {
  Event event;
  event.client_id = event.id = "evt_1";
  event.source = "/shop";
  event.type = "order.created";
  event.hops = 4;
  CHECK(to_record(Event(event)).headers.get("certes-hops") == "4");
  event.hops = 0;
  CHECK_FALSE(to_record(Event(event)).headers.find("certes-hops"));
}

TEST_CASE("Hops: a record of somebody else's with junk, or with more than are taken, is no valid event") {
  for (const char* hops : {"0", "8"}) CHECK(view(event_with(hops)));
  for (const char* hops : {"9", "-1", "junk", ""}) {
    CAPTURE(hops);
    const auto read = view(event_with(hops));
    REQUIRE_FALSE(read);
    CHECK(read.error().pointer == "certes-hops");
  }
}
