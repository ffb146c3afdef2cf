#include "dispatcher/book/ahead.hpp"

#include <doctest/doctest.h>

#include "dispatcher/book/open_index.hpp"

using namespace certes;
using namespace certes::dispatcher::book;

TEST_CASE("Ahead: what is said of another event than the one that is there is dropped") {
  Ahead ahead;
  const auto add = [&](std::uint64_t event, std::optional<Ended> ended, std::uint32_t attempts) {
    ahead.add({7, "t", "a", ended, {attempts, 5, 5, Due::attempt}, {}, event});
  };
  add(1, Ended::delivered, 0);
  add(2, {}, 1);
  add(2, {}, 2);
  CHECK(ahead.of(7).size() == 2);
  const std::size_t before = ahead.bytes();
  ahead.keep(7, 2);
  CHECK(ahead.bytes() < before);
  REQUIRE(ahead.find(7, "t", "a") != nullptr);
  CHECK_FALSE(ahead.find(7, "t", "a")->ended);
  CHECK(ahead.find(7, "t", "a")->tried->attempts == 2);
  ahead.keep(7, 3);
  CHECK(ahead.empty());
  CHECK(ahead.bytes() == 0);
}

TEST_CASE("Ahead: an outcome that does not say of which event is of whatever is there") {
  Ahead ahead;
  ahead.add({7, "t", "a", {}, {1, 5, 5, Due::dead_letter}, {}, 1});
  ahead.add({7, "t", "a", Ended::dead_lettered, {}, {}, 0});
  CHECK(ahead.of(7).size() == 1);
  ahead.keep(7, 1);
  CHECK(ahead.find(7, "t", "a")->ended == Ended::dead_lettered);
}

TEST_CASE("Ahead: that a command's result is there is taken back by its dead letter alone") {
  Tried known{1, 7, 3, Due::answered};
  CHECK_FALSE(advance(known, {1, 99, 9, Due::result}));
  CHECK(known == Tried{1, 7, 3, Due::answered});
  CHECK(advance(known, {2, 99, 9, Due::attempt}));
  CHECK(known == Tried{2, 7, 3, Due::answered});
  CHECK(advance(known, {2, 99, 9, Due::dead_letter}));
  CHECK(known == Tried{2, 99, 3, Due::dead_letter});
}

TEST_CASE("Ahead: that an attempt was made due before its time is not taken back by the one before it") {
  Tried known{2, 7, 3, Due::attempt};
  CHECK_FALSE(advance(known, {2, 99, 9, Due::attempt}));
  CHECK(known.due == 7);
  CHECK(advance(known, {3, 99, 9, Due::attempt}));
  CHECK(known.due == 99);
  CHECK(advance(known, {3, 100, 9, Due::dead_letter}));
  CHECK(known == Tried{3, 100, 3, Due::dead_letter});
  Tried nothing;
  CHECK(advance(nothing, {0, 99, 9, Due::attempt}));
  CHECK(nothing.due == 99);
}

TEST_CASE("OpenIndex: what has failed is due before its time, and the next checkpoint shows it") {
  OpenIndex index;
  const LaneNumber a = index.lanes().number({"t", "a", 1, Priority::low, false});
  const Routed routed[] = {{a}};
  for (std::int64_t offset = 0; offset < 4; ++offset) index.route({offset, 1'000}, routed);
  index.tried({0, a}, {1, 99, 9, Due::attempt});
  index.tried({1, a}, {1, 99, 9, Due::result});
  for (auto& [number, state] : index.chunks()) state.added = false;
  CHECK_FALSE(index.hurry({1, a}, 7));
  CHECK_FALSE(index.hurry({2, a}, 7));
  CHECK_FALSE(index.hurry({9, a}, 7));
  CHECK_FALSE(index.chunks().begin()->second.added);
  CHECK(index.hurry({0, a}, 7));
  CHECK(*index.find({0, a})->tried == Tried{1, 7, 9, Due::attempt});
  CHECK(index.hurry({0, a}, 50));
  CHECK(index.find({0, a})->tried->due == 7);
  CHECK(index.chunks().begin()->second.added);
}

TEST_CASE("OpenIndex: what stands below an offset is dropped, of all lanes, and what does not stays") {
  OpenIndex index;
  const LaneNumber a = index.lanes().number({"t", "a", 1, Priority::low, false});
  const LaneNumber b = index.lanes().number({"t", "b", 1, Priority::low, false});
  const Routed routed[] = {{a}, {b}};
  for (const std::int64_t offset : {std::int64_t{3}, std::int64_t{9}, kChunkOffsets, kChunkOffsets + 4})
    index.route({offset, 1'000 + offset}, routed);
  for (auto& [number, state] : index.chunks()) state.added = false;
  CHECK(index.drop_below(3) == 0);
  CHECK(index.drop_below(9) == 2);
  CHECK(index.open({9, b}));
  CHECK(index.drop_below(kChunkOffsets + 1) == 4);
  CHECK(index.counts() == LaneCounts{2, 0});
  CHECK(index.watermark() == kChunkOffsets + 4);
  CHECK(index.chunks().size() == 1);
  CHECK(index.chunks().begin()->second.added);
}
