#include "gateway/access/places.hpp"

#include <doctest/doctest.h>

using certes::gateway::Places;
using certes::metrics::Metrics;

namespace {

struct Room {
  explicit Room(std::size_t most)
      : places(most, metrics.gauge("certes_inside", "Inside."), metrics.counter("certes_back_total", "Taken back.")) {}
  // Somebody who leaves when told, and says so.
  void enter(const std::string& tenant) {
    auto& place = held.emplace_back();
    place = places.enter(tenant, [this, tenant, &place] {
      told += tenant;
      place.reset();
    });
    if (!place) refused += tenant;
  }
  bool shows(const std::string& line) const { return metrics.text().find("\n" + line + "\n") != std::string::npos; }

  Metrics metrics;
  Places places;
  std::list<Places::Place> held;
  std::string told, refused;
};

}  // namespace

TEST_CASE("Places: so many are inside at once, and the gauge counts them") {
  Room room(2);
  Places::Place first = room.places.enter("a", {});
  const Places::Place second = room.places.enter("a", {});
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(room.places.enter("a", {}));
  CHECK(room.shows("certes_inside 2"));

  first.reset();
  CHECK(room.shows("certes_inside 1"));
  const Places::Place third = room.places.enter("a", {});
  CHECK(third);
  CHECK_FALSE(room.places.enter("a", {}));
  CHECK(room.shows("certes_inside 2"));
}

TEST_CASE("Places: where there are none, nobody enters") {
  Room room(0);
  CHECK_FALSE(room.places.enter("a", {}));
  CHECK(room.shows("certes_inside 0"));
}

TEST_CASE("Places: one tenant may have all, and gives way to others up to their quarter") {
  Room room(8);
  for (int i = 0; i < 8; ++i) room.enter("a");
  CHECK(room.refused.empty());
  room.enter("a");
  CHECK(room.refused == "a");
  for (int i = 0; i < 3; ++i) room.enter("b");
  CHECK(room.told == "aa");
  CHECK(room.refused == "ab");
  for (int i = 0; i < 2; ++i) room.enter("c");
  for (int i = 0; i < 2; ++i) room.enter("d");
  CHECK(room.told == "aaaaaa");
  room.enter("e");  // nobody holds more than a quarter
  CHECK(room.refused == "abe");
  CHECK(room.shows("certes_inside 8"));
  CHECK(room.shows("certes_back_total 6"));
}

TEST_CASE("Places: the newest gives way, and holds nothing after that") {
  Room room(4);
  std::string told;
  std::vector<Places::Place> held;
  for (const char* name : {"1", "2", "3", "4"}) held.push_back(room.places.enter("a", [&told, name] { told += name; }));
  const Places::Place other = room.places.enter("b", {});
  CHECK(told == "4");
  held.pop_back();
  CHECK(room.shows("certes_inside 4"));
  CHECK_FALSE(room.places.enter("b", {}));
  held.pop_back();
  CHECK(room.shows("certes_inside 3"));
}
