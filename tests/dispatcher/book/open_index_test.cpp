#include "dispatcher/book/open_index.hpp"

#include <doctest/doctest.h>

#include <string>

#include "common/base/random.hpp"
#include "dispatcher/book/checkpoint.hpp"
#include "dispatcher/book/chunk_codec.hpp"
#include "dispatcher/book/recovery.hpp"
#include "tests/dispatcher/book/reference.hpp"

using namespace certes;
using namespace certes::dispatcher::book;

namespace {

constexpr UnixMillis kNow = 1'790'000'000'000;

// The index as another process would have it: what has changed is written, and all is read again. `progress`: what was
// written, by place.
OpenIndex written_and_read(OpenIndex& index, std::vector<std::string>& progress) {
  Checkpoints checkpoints(index, "group", 1 + progress.size(), {});
  Checkpoint checkpoint = checkpoints.begin({}, 1);
  for (std::size_t i = 0; i < checkpoint.items.size(); ++i) {
    const CheckpointItem& item = checkpoint.items[i];
    checkpoints.stands(checkpoint, i, static_cast<std::int64_t>(progress.size()), 1);
    progress.push_back(item.kind == ItemKind::chunk ? encode(*item.chunk) : item.lanes);
  }
  static_cast<void>(checkpoints.manifest_records(checkpoint, 1 << 20));
  Recovery recovery(*decode_manifest(encode(checkpoint.manifest)));
  CHECK(recovery.manifest() == checkpoint.manifest);
  for (const Manifest::Ref& ref : checkpoint.manifest.pieces)
    REQUIRE(recovery.add_lanes(ref, *decode_lanes(progress[static_cast<std::size_t>(ref.written.place)])));
  for (const Manifest::Ref& ref : checkpoint.manifest.chunks) {
    auto chunk = decode_chunk(progress[static_cast<std::size_t>(ref.written.place)], 64u << 20);
    REQUIRE(chunk);
    REQUIRE(recovery.add_chunk(ref, *chunk));
  }
  checkpoints.abandoned(checkpoint);
  auto read = std::move(recovery).finish();
  REQUIRE(read);
  return std::move(*read);
}

struct Driver {
  explicit Driver(std::uint64_t seed) : random(seed), density(1 + static_cast<std::int64_t>(random.bits() % 3'000)) {
    const int endpoints = 1 + static_cast<int>(random.bits() % 12);
    for (int i = 0; i < endpoints; ++i)
      for (const Priority priority : {Priority::critical, Priority::low})
        lanes.push_back(index.lanes().number({"tenant", "endpoint-" + std::to_string(i), 1, priority, i % 4 == 3}));
    std::sort(lanes.begin(), lanes.end());
    lanes.erase(std::unique(lanes.begin(), lanes.end()), lanes.end());  // an ordered endpoint has one lane
  }

  std::uint64_t below(std::uint64_t limit) { return random.bits() % limit; }
  void route() {
    const std::int64_t offset =
        index.position() + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(density)));
    std::set<LaneNumber> chosen;
    for (std::uint64_t left = below(4); left > 0; --left) chosen.insert(lanes[below(lanes.size())]);
    std::vector<Routed> routed;
    for (const LaneNumber lane : chosen)
      routed.push_back({lane, static_cast<Priority>(below(5)), static_cast<std::uint32_t>(below(7)),
                        below(5) == 0 ? random.bits() | 1 : 0});
    index.route({offset, kNow + static_cast<UnixMillis>(below(100'000))}, routed);
    reference.add(index.lanes(), offset, routed);
  }
  std::optional<OpenPlace> any() {
    if (reference.open.empty()) return std::nullopt;
    const std::int64_t lowest = reference.open.begin()->first.first;
    const auto span = static_cast<std::uint64_t>(index.position() - lowest);
    auto found = reference.open.lower_bound({lowest + static_cast<std::int64_t>(below(span)), 0});
    if (found == reference.open.end()) found = reference.open.begin();
    return OpenPlace{found->first.first, found->first.second};
  }
  void attempt() {
    const auto place = any();
    if (!place) return;
    const Tried tried{static_cast<std::uint32_t>(1 + below(5)), kNow + static_cast<UnixMillis>(below(10'000'000)),
                      kNow - static_cast<UnixMillis>(below(10'000)), static_cast<Due>(below(3))};
    Reason reason;
    if (tried.what == Due::dead_letter) reason = {"rule", std::string(below(1'000), 'e'), "answer"};
    CHECK(index.tried(*place, tried, Reason(reason)));
    KnownDelivery& known = reference.open[{place->offset, place->lane}];
    known.tried = tried;
    known.reason = reason;
  }
  void finish() {
    const auto place = any();
    if (!place) return;
    const auto how = static_cast<Ended>(below(3));
    CHECK(index.finish(*place, how));
    CHECK_FALSE(index.finish(*place, how));
    CHECK_FALSE(index.tried(*place, {}));
    reference.end(*place, how);
    check_event(index, reference, place->offset);
  }
  void drop_lane() {
    const LaneNumber lane = lanes[below(lanes.size())];
    CHECK(index.drop(lane) ==
          std::erase_if(reference.open, [&](const auto& each) { return each.first.second == lane; }));
  }
  void cut() {
    const std::int64_t offset =
        index.position() - static_cast<std::int64_t>(below(static_cast<std::uint64_t>(density) * 20));
    if (offset < 0) return;
    CHECK(index.cut(offset) ==
          std::erase_if(reference.open, [&](const auto& each) { return each.first.first >= offset; }));
    reference.ended.erase(reference.ended.lower_bound(offset), reference.ended.end());
  }
  void ask() {
    const LaneNumber lane = lanes[below(lanes.size())];
    const auto position = static_cast<std::uint64_t>(index.position());
    const auto from = static_cast<std::int64_t>(below(position + 1));
    const std::int64_t behind = from + static_cast<std::int64_t>(below(position + 1));
    CHECK(index.next_untried(lane, from, behind) == reference.next(lane, from, behind, true, false));
    CHECK(index.next_tried(lane, from, behind) == reference.next(lane, from, behind, false, true));
    CHECK(index.next_open(lane, from) == reference.next(lane, from, INT64_MAX, true, true));
  }
  void keep_a_copy() {
    if (copies.size() > 8) copies.erase(copies.begin());
    for (const auto& [number, state] : index.chunks())
      if (below(4) == 0) copies.emplace_back(state.chunk, encode(*state.chunk));
  }
  void check_copies() const {
    for (const auto& [chunk, bytes] : copies) CHECK(encode(*chunk) == bytes);
  }

  Random random;
  std::int64_t density;
  OpenIndex index;
  Reference reference;
  std::vector<LaneNumber> lanes;
  std::vector<std::pair<Shared<Chunk>, std::string>> copies;
  std::vector<std::string> progress;
};

void step(Driver& driver) {
  const std::uint64_t what = driver.below(1'000);
  if (what < 400) return driver.route();
  if (what < 600) return driver.attempt();
  if (what < 950) return driver.finish();
  if (what < 980) return driver.ask();
  if (what < 990) return driver.keep_a_copy();
  if (what == 990) return driver.drop_lane();
  if (what == 991) return driver.cut();
  if (what == 992) return driver.index.pass(driver.index.position() + static_cast<std::int64_t>(driver.below(100'000)));
}

}  // namespace

TEST_CASE("OpenIndex: is what one map would be, and goes on so when it has been written and read") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Driver driver(seed);
    for (int round = 0; round < 20; ++round) {
      const std::uint64_t steps = driver.below(200);
      for (std::uint64_t i = 0; i < steps; ++i) step(driver);
      check_same(driver.index, driver.reference);
      driver.check_copies();
      if (driver.below(3) != 0) continue;
      OpenIndex read = written_and_read(driver.index, driver.progress);
      driver.index = std::move(read);
      check_same(driver.index, driver.reference);
      for (const auto& [place, known] : driver.reference.open) check_event(driver.index, driver.reference, place.first);
    }
  }
}

TEST_CASE("OpenIndex: dense and sparse lanes drain in order") {
  for (const std::int64_t gap : {1, 3, 700}) {
    OpenIndex index;
    const LaneNumber a = index.lanes().number({"t", "a", 1, Priority::low, false});
    const LaneNumber b = index.lanes().number({"t", "b", 1, Priority::low, false});
    const Routed both[] = {{a}, {b}};
    std::vector<std::int64_t> offsets;
    for (std::int64_t i = 0; i < 70'000; ++i) {
      offsets.push_back(i * gap);
      index.route({i * gap, kNow}, {both, i % 10 == 0 ? std::size_t{2} : std::size_t{1}});
    }
    const std::size_t full = index.bytes();
    std::size_t taken = 0;
    for (auto at = index.next_untried(a, 0); at; at = index.next_untried(a, *at + 1)) CHECK_EQ(*at, offsets[taken++]);
    CHECK(taken == offsets.size());
    for (const std::int64_t offset : offsets) {
      CHECK(index.finish({offset, a}, Ended::delivered));
      if (offset / gap % 10 == 0) CHECK(index.finish({offset, b}, Ended::delivered));
    }
    CHECK(index.counts().open() == 0);
    CHECK(index.watermark() == index.position());
    CHECK(index.bytes() < full / 2 + 20'000);
    CHECK(index.chunks().size() <= 1);
  }
}

TEST_CASE("OpenIndex: a lane is forgotten only when no chunk names it") {
  OpenIndex index;
  const LaneNumber lane = index.lanes().number({"t", "a", 1, Priority::low, false});
  const Routed routed{lane};
  index.route({5, kNow}, {&routed, 1});
  CHECK_FALSE(index.lanes().forget(lane));
  index.finish({5, lane}, Ended::delivered);
  CHECK_FALSE(index.lanes().forget(lane));  // a written chunk may show it still
  index.pass(kChunkOffsets);
  CHECK(index.lanes().forget(lane));
  CHECK(index.bytes() == 0);
  CHECK(index.lanes().number({"t", "a", 1, Priority::low, false}) != lane);
}

TEST_CASE("OpenIndex: an outcome of a record that is yet to be routed waits ahead of it") {
  OpenIndex index(10);
  const LaneNumber a = index.lanes().number({"t", "a", 1, Priority::low, false});
  const LaneNumber b = index.lanes().number({"t", "b", 1, Priority::low, false});
  const LaneNumber c = index.lanes().number({"t", "c", 1, Priority::low, false});
  index.reflect({12, "t", "a", Ended::dead_lettered, {}, {}});
  index.reflect({12, "t", "b", {}, {2, kNow + 5, kNow + 1, Due::attempt}, {}});
  index.reflect({12, "t", "b", {}, {1, kNow + 3, kNow, Due::attempt}, {}});
  index.reflect({11, "t", "a", Ended::delivered, {}, {}});
  CHECK(index.ahead().of(12).size() == 2);
  const Routed routed[] = {{a}, {b}, {c}};
  index.route({12, kNow}, routed);
  CHECK(index.ahead().empty());
  CHECK_FALSE(index.open({12, a}));
  CHECK(index.find({12, b})->tried == Tried{2, kNow + 5, kNow + 1, Due::attempt});
  CHECK_FALSE(index.find({12, c})->tried);
  CHECK(index.event(12).dead_lettered == std::vector<LaneNumber>{a});
  CHECK(index.counts() == LaneCounts{1, 1});
}

TEST_CASE("OpenIndex: what the tails say below the position is applied, what is older or not open is not") {
  OpenIndex index;
  const LaneNumber a = index.lanes().number({"t", "a", 1, Priority::low, false});
  const Routed routed{a};
  index.route({1, kNow}, {&routed, 1});
  index.reflect({1, "t", "a", {}, {3, kNow + 9, kNow + 2, Due::dead_letter}, {"rule", "error", ""}});
  index.reflect({1, "t", "a", {}, {2, kNow + 5, kNow + 1, Due::attempt}, {}});
  CHECK(index.find({1, a})->tried == Tried{3, kNow + 9, kNow + 2, Due::dead_letter});
  CHECK(index.find({1, a})->reason->error == "error");
  index.reflect({1, "t", "other", Ended::delivered, {}, {}});
  index.reflect({0, "t", "a", Ended::delivered, {}, {}});
  index.reflect({-7, "t", "a", Ended::delivered, {}, {}});
  CHECK(index.open({1, a}));
  index.reflect({1, "t", "a", Ended::delivered, {}, {}});
  index.reflect({1, "t", "a", {}, {4, kNow, kNow, Due::attempt}, {}});
  CHECK(index.counts().open() == 0);
}

TEST_CASE("OpenIndex: times and attempts beyond what it keeps are bounded") {
  OpenIndex index;
  const LaneNumber a = index.lanes().number({"t", "a", 1, Priority::low, false});
  const Routed routed{a};
  index.route({1, INT64_MAX}, {&routed, 1});
  CHECK(index.append_times(1).lowest == Tried::kMostTime);
  CHECK(index.tried({1, a}, {UINT32_MAX, INT64_MAX, -1, Due::result}));
  CHECK(index.find({1, a})->tried == Tried{Tried::kMostAttempts, Tried::kMostTime, 0, Due::result});
}

TEST_CASE("OpenIndex: what is scheduled comes when it is due, once") {
  Random random(7);
  OpenIndex index;
  const LaneNumber a = index.lanes().number({"t", "a", 1, Priority::low, false});
  const Routed routed{a};
  std::map<std::int64_t, UnixMillis> due_at;
  for (std::int64_t offset = 0; offset < 5'000; ++offset) {
    index.route({offset, kNow}, {&routed, 1});
    for (int again = 0; again < 2; ++again) {
      due_at[offset] = kNow + static_cast<UnixMillis>(random.bits() % 600'000);
      index.tried({offset, a}, {1, due_at[offset], kNow, Due::attempt});
      index.schedule({offset, a});
    }
    if (offset % 7 == 0) index.finish({offset, a}, Ended::delivered), due_at.erase(offset);
  }
  if (random.bits() % 2 == 0) index.rebuild_calendar();
  std::set<std::int64_t> seen;
  for (UnixMillis now = kNow; now < kNow + 600'000; now += 1 + static_cast<UnixMillis>(random.bits() % 5'000)) {
    std::vector<OpenPlace> due;
    while (index.due_work(now)) index.take_due(now, 50, due);
    for (const OpenPlace place : due) {
      CHECK(due_at.at(place.offset) / 1'000 <= now / 1'000);
      CHECK(seen.insert(place.offset).second);
    }
    for (const auto& [offset, at] : due_at)
      if (at / 1'000 <= now / 1'000) CHECK(seen.contains(offset));
  }
}
