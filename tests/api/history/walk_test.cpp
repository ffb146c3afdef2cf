#include "api/history/walk.hpp"

#include <doctest/doctest.h>

#include "api/history/index.hpp"
#include "tests/api/history/records.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api::history;
using namespace certes::api::history::testing;
using log::Topic;

namespace {

struct Indexed {
  Indexed() {
    Connection connection(path);
    REQUIRE(make_or_check(connection));
  }
  void event(std::int64_t offset, const EventText& text, UnixMillis at) {
    Index index(path, {});
    index.begin();
    index.put(*event_row(stored(Topic::events, 0, offset, event_record(text), at)), {}, {});
    index.commit();
  }
  // Three of other types between each two of `type`.
  void many(int count, const std::string& type) {
    Index index(path, {});
    index.begin();
    for (int i = 0; i < count; ++i) {
      const EventText text{.id = "evt_" + std::to_string(i), .type = i % 4 == 0 ? type : "other"};
      index.put(*event_row(stored(Topic::events, 0, i, event_record(text), 1'000 + i / 3)), {}, {});
    }
    index.commit();
  }
  // All that a walk finds; at each chunk's end another goes on from its cursor.
  std::string found(const Filter& filter, Order order) const {
    Lookup lookup(path);
    std::string all;
    for (Cursor cursor = Cursor::before_all(order);;) {
      Walk walk(filter, order, cursor);
      const Walk::Chunk chunk = walk.next(lookup);
      for (const EventRow& event : chunk.events) all.append(event.id).append(" ");
      if (chunk.last) return all;
      cursor = *Cursor::parse(walk.cursor().text());
    }
  }

  test::TemporaryDirectory directory;
  const std::string path = directory.file("history.db");
};

Filter of_default() {
  Filter filter;
  filter.tenant = "default";
  return filter;
}

std::string ids(int first, int behind, int step) {
  std::string all;
  for (int i = first; i < behind; i += step) all.append("evt_").append(std::to_string(i)).append(" ");
  return all;
}

std::string ids_down(int first, int last, int step) {
  std::string all;
  for (int i = first; i >= last; i -= step) all.append("evt_").append(std::to_string(i)).append(" ");
  return all;
}

}  // namespace

TEST_CASE("Walk: finds each event once, in order, from either end, wherever it stops and goes on") {
  Indexed indexed;
  indexed.many(1'200, "order.paid");
  Filter filter = of_default();
  CHECK(indexed.found(filter, Order::oldest_first) == ids(0, 1'200, 1));
  CHECK(indexed.found(filter, Order::newest_first) == ids_down(1'199, 0, 1));
  filter.type = "order.paid";
  CHECK(indexed.found(filter, Order::oldest_first) == ids(0, 1'200, 4));
  CHECK(indexed.found(filter, Order::newest_first) == ids_down(1'196, 0, 4));
}

TEST_CASE("Walk: goes on behind the event where it was left, within a chunk too") {
  Indexed indexed;
  indexed.many(20, "order.paid");
  Lookup lookup(indexed.path);
  const auto all = Walk(of_default(), Order::oldest_first, Cursor::before_all(Order::oldest_first)).next(lookup);
  REQUIRE(all.events.size() == 20);
  const auto rest = Walk(of_default(), Order::oldest_first, Cursor::behind(all.events[7])).next(lookup);
  REQUIRE(rest.events.size() == 12);
  CHECK(rest.events.front().id == "evt_8");
}

TEST_CASE("Walk: a conversation's first event stands at its place, though it is in no list of it") {
  Indexed indexed;
  indexed.event(0, {.id = "evt_other"}, 1'000);
  indexed.event(1, {.id = "evt_root"}, 1'001);
  indexed.event(2, {.id = "evt_a", .conversation = "evt_root"}, 1'002);
  indexed.event(3, {.id = "evt_b", .conversation = "evt_root"}, 1'003);
  Filter filter = of_default();
  filter.conversation = "evt_root";
  CHECK(indexed.found(filter, Order::oldest_first) == "evt_root evt_a evt_b ");
  CHECK(indexed.found(filter, Order::newest_first) == "evt_b evt_a evt_root ");
  Lookup lookup(indexed.path);
  CHECK(Walk(filter, Order::newest_first, Cursor{1'001, {0, 1}}).next(lookup).events.empty());
  filter.type = "other";
  CHECK(indexed.found(filter, Order::oldest_first).empty());
}
