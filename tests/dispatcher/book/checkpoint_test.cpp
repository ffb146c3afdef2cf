#include "dispatcher/book/checkpoint.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace certes;
using namespace certes::dispatcher::book;

namespace {

constexpr UnixMillis kNow = 1'790'000'000'000;
constexpr SteadyTime kEpoch{};

struct Bench {
  explicit Bench(CheckpointLimits limits = {}) : checkpoints(index, "group", 100, kEpoch, limits) {
    lane = index.lanes().number({"t", "a", 1, Priority::low, false});
  }
  void route(std::int64_t offset) {
    const Routed routed{lane};
    index.route({offset, kNow + offset}, {&routed, 1});
  }
  // Deliveries in each of so many chunks.
  void fill(std::uint32_t chunks, int each = 10) {
    for (std::uint32_t chunk = 0; chunk < chunks; ++chunk)
      for (int i = 0; i < each; ++i) route(first_of(chunk) + i * 7);
  }
  void finish(std::int64_t offset) {
    CHECK(index.finish({offset, lane}, Ended::delivered));
    index.acknowledged(0, tail++, 1'000);
  }
  static std::set<std::uint32_t> chunks(const Checkpoint& checkpoint) {
    std::set<std::uint32_t> numbers;
    for (const CheckpointItem& item : checkpoint.items)
      if (item.kind == ItemKind::chunk) numbers.insert(item.number);
    return numbers;
  }
  void write(Checkpoint& checkpoint) {
    for (std::size_t i = 0; i < checkpoint.items.size(); ++i) checkpoints.stands(checkpoint, i, place++, 1'000);
    static_cast<void>(checkpoints.manifest_records(checkpoint, 1 << 20));
  }
  Checkpoints::Trim accept(Checkpoint& checkpoint) {
    write(checkpoint);
    return checkpoints.accepted(checkpoint, place++, 100);
  }
  Checkpoint begin(SteadyTime now = kEpoch, bool revoked = false) { return checkpoints.begin(now, 5, revoked); }
  Checkpoints::Trim whole(SteadyTime now = kEpoch) {
    Checkpoint checkpoint = begin(now);
    return accept(checkpoint);
  }

  OpenIndex index;
  Checkpoints checkpoints;
  LaneNumber lane = 0;
  std::int64_t tail = 0, place = 0;
};

}  // namespace

TEST_CASE("Checkpoints: what was added to is copied, what is dirty as far as it goes, oldest first") {
  CheckpointLimits limits;
  limits.dirt_bytes = 1;
  Bench bench(limits);
  bench.index.set_tails({TailPlace{0, 5}, TailPlace{0, 5}});
  bench.fill(4);
  CHECK(bench.index.tails()[0] == TailPlace{0, 5});
  Checkpoint first = bench.begin();
  CHECK(Bench::chunks(first) == std::set<std::uint32_t>{0, 1, 2, 3});
  CHECK(first.items.size() == 5);  // and the lanes
  bench.accept(first);
  bench.finish(first_of(2));
  bench.finish(first_of(0));
  bench.finish(first_of(1));
  bench.route(first_of(3) + 100);
  Checkpoint second = bench.begin();
  CHECK(Bench::chunks(second) == std::set<std::uint32_t>{2, 3});
  CHECK(second.manifest.tails[0] == TailPlace{1, 5});  // chunk 0 is dirty from there
  CHECK(second.manifest.position == first_of(3) + 101);
  CHECK(second.manifest.watermark == 7);
  bench.finish(first_of(2) + 7);  // after the copy: dirty from the noted position
  bench.accept(second);
  CHECK(second.manifest.chunks.size() == 4);
  Checkpoint third = bench.begin();
  CHECK(Bench::chunks(third) == std::set<std::uint32_t>{0});
  CHECK(third.manifest.tails[0].position == 2);
  bench.accept(third);
  Checkpoint fourth = bench.begin();
  CHECK(Bench::chunks(fourth) == std::set<std::uint32_t>{1});
  CHECK(fourth.manifest.tails[0].position == 3);
  bench.accept(fourth);
  Checkpoint fifth = bench.begin();
  CHECK(Bench::chunks(fifth) == std::set<std::uint32_t>{2});
  CHECK(fifth.manifest.tails[0].position == 4);
}

TEST_CASE("Checkpoints: on a revoke only what was added to is copied") {
  Bench bench;
  bench.fill(3);
  bench.whole();
  bench.finish(0);
  bench.route(first_of(2) + 200);
  Checkpoint checkpoint = bench.begin(kEpoch, true);
  CHECK(Bench::chunks(checkpoint) == std::set<std::uint32_t>{2});
  CHECK(checkpoint.manifest.tails[0].position == 0);
}

TEST_CASE("Checkpoints: one that is abandoned is made again") {
  Bench bench;
  bench.fill(2);
  bench.whole();
  bench.finish(0);
  bench.index.lanes().set_notes(bench.lane, {0, kNow, 0});
  Checkpoint checkpoint = bench.begin();
  CHECK(checkpoint.items.size() == 2);
  bench.checkpoints.abandoned(checkpoint);
  CHECK(bench.checkpoints.due(kEpoch + Millis{10'000}));
  Checkpoint again = bench.begin();
  CHECK(again.items.size() == 2);
  CHECK(Bench::chunks(again) == std::set<std::uint32_t>{0});
}

TEST_CASE("Checkpoints: lanes are written when they have changed, a success alone is no change") {
  Bench bench;
  bench.fill(1);
  Checkpoint first = bench.begin();
  CHECK(first.items.size() == 2);
  bench.accept(first);
  bench.index.lanes().set_notes(bench.lane, {0, 0, kNow});
  Checkpoint nothing = bench.begin();
  CHECK(nothing.items.empty());
  CHECK(nothing.manifest.pieces.size() == 1);
  bench.accept(nothing);
  bench.index.lanes().set_notes(bench.lane, {0, kNow, kNow});
  CHECK(bench.begin().items.size() == 1);
}

TEST_CASE("Checkpoints: due after a time, a size of tails, and at once while old dirt is left") {
  CheckpointLimits limits;
  limits.dirt_bytes = 1;
  Bench bench(limits);
  CHECK(bench.checkpoints.due(kEpoch + Millis{10'000}));
  bench.fill(3);
  bench.whole();
  CHECK_FALSE(bench.checkpoints.due(kEpoch + Millis{60'000}));  // nothing has changed
  bench.finish(0);
  CHECK_FALSE(bench.checkpoints.due(kEpoch + Millis{9'999}));
  CHECK(bench.checkpoints.due(kEpoch + Millis{10'000}));
  bench.index.acknowledged(0, bench.tail, 16u << 20);
  CHECK(bench.checkpoints.due(kEpoch));
  bench.finish(first_of(1));
  bench.finish(first_of(2));
  Checkpoint checkpoint = bench.begin(kEpoch + Millis{60'001});
  CHECK_FALSE(bench.checkpoints.due(kEpoch + Millis{70'000}));  // one at a time
  bench.accept(checkpoint);
  for (int left = 2; left > 0; --left) {
    CHECK(bench.checkpoints.due(kEpoch + Millis{60'001}));
    bench.whole(kEpoch + Millis{60'001});
  }
  CHECK_FALSE(bench.checkpoints.due(kEpoch + Millis{60'001}));
}

TEST_CASE("Checkpoints: progress is trimmed below what the last two name, and what stands lowest is moved up") {
  CheckpointLimits limits;
  limits.progress_least = 20'000;
  Bench bench(limits);
  bench.fill(5);
  CHECK(bench.whole().progress == 0);
  std::int64_t trimmed = 0;
  for (int i = 0; i < 200; ++i) {
    bench.route(bench.index.position() + 1);
    const auto trim = bench.whole();
    CHECK(trim.progress >= trimmed);
    trimmed = trim.progress;
    CHECK(bench.checkpoints.progress_bytes() <= 4 * bench.checkpoints.live_bytes() + 20'000);
  }
  CHECK(trimmed > 300);
}

TEST_CASE("Checkpoints: what is finished is given of accepted chunks alone, and of a chunk once") {
  Bench bench;
  bench.fill(3, 3);
  for (const int i : {0, 1, 2}) bench.finish(first_of(1) + i * 7);
  using Runs = std::vector<std::pair<std::int64_t, std::int64_t>>;
  std::int64_t behind = 0;
  const auto runs = [&](std::int64_t from, std::int64_t below, std::size_t most = 1'000) {
    std::vector<log::OffsetRange> taken;
    behind = bench.checkpoints.take_finished(from, below, most, taken);
    Runs given;
    for (const log::OffsetRange& run : taken) given.emplace_back(run.start, run.end);
    return given;
  };
  const std::int64_t position = first_of(2) + 15;
  CHECK(runs(0, 100).empty());
  bench.whole();
  CHECK(runs(0, 20) == Runs{{1, 7}, {8, 14}, {15, 20}});  // not the whole chunk: it is given again
  CHECK(behind == 20);
  CHECK(runs(10, INT64_MAX) == Runs{{10, 14},
                                    {15, first_of(1)},
                                    {first_of(1), first_of(2)},
                                    {first_of(2) + 1, first_of(2) + 7},
                                    {first_of(2) + 8, first_of(2) + 14}});
  CHECK(behind == position - 1);
  SUBCASE("as many as are asked for, of whole chunks") {
    CHECK(runs(0, INT64_MAX, 1) == Runs{{1, 7}, {8, 14}, {15, first_of(1)}});
    CHECK(behind == first_of(1));
    CHECK(runs(behind, INT64_MAX, 1).front() == std::pair{first_of(1), first_of(2)});
    CHECK(behind >= first_of(2));
    CHECK(runs(0, INT64_MAX, 1).front() == std::pair{first_of(1), first_of(2)});
    bench.checkpoints.give_back_finished(7, 8);
    CHECK(runs(0, INT64_MAX, 1) == Runs{{1, 7}, {8, 14}, {15, first_of(1)}});
  }
  SUBCASE("what has changed, once it is accepted") {
    bench.finish(7);
    CHECK(runs(0, first_of(1)).empty());
    bench.whole();
    CHECK(runs(0, 20) == Runs{{1, 14}, {15, 20}});
  }
}

TEST_CASE("Checkpoints: after a cut, all that is dirty is copied at once") {
  CheckpointLimits limits;
  limits.dirt_bytes = 1;
  Bench bench(limits);
  bench.fill(4);
  bench.whole();
  CHECK(bench.index.cut(first_of(3) + 5) == 9);
  bench.index.reflect({first_of(3) + 7, "t", "a", Ended::delivered, {}, {}});
  CHECK(bench.index.ahead().empty());
  for (const std::uint32_t chunk : {0u, 1u, 2u}) bench.finish(first_of(chunk));
  Checkpoint checkpoint = bench.begin();
  CHECK(Bench::chunks(checkpoint) == std::set<std::uint32_t>{0, 1, 2, 3});
  CHECK(checkpoint.manifest.tails == bench.index.tails());
  CHECK(checkpoint.manifest.landmarks[0].offset < first_of(3) + 5);
}

TEST_CASE("Landmarks: records before the position, also after they were read back") {
  Landmarks landmarks;
  std::int64_t offset = 0;
  const auto read = [&](int records) {
    for (int i = 0; i < records; ++i, offset += 3) landmarks.add({offset, kNow + offset});
  };
  CHECK(landmarks.noted()[0].offset == -1);
  read(600'000);
  for (int round = 0; round < 3; ++round) {
    const auto noted = landmarks.noted();
    CHECK(noted[0] == Landmark{offset - 3, kNow + offset - 3});
    for (std::size_t i = 1; i < noted.size(); ++i) {
      const std::int64_t before = (offset - noted[i].offset) / 3;
      CHECK(before > Landmarks::kBefore[i]);
      CHECK(before <= 3 * Landmarks::kBefore[i]);
      CHECK(noted[i].appended_at == kNow + noted[i].offset);
    }
    Landmarks again;
    again.restore(noted);
    CHECK(again.noted() == noted);
    if (round == 1) landmarks = again;
    read(round == 0 ? 3 : 300'000);
  }
  landmarks.cut(0);
  CHECK(landmarks.noted()[3].offset == -1);
}

TEST_CASE("Checkpoints: of the tails all stays that a recovery by one of the last two manifests would read") {
  Bench bench;
  bench.index.set_tails({TailPlace{10, 5}, TailPlace{20, 5}});
  bench.tail = 10;
  bench.fill(1);
  using Tails = std::array<std::int64_t, certes::dispatcher::kTailCount>;
  CHECK(bench.whole().tails == Tails{0, 0});  // nothing is known of the one before
  bench.finish(first_of(0));
  CHECK(bench.whole().tails == Tails{10, 20});
  bench.finish(7);
  CHECK(bench.whole().tails == Tails{11, 20});
  bench.route(100);
  CHECK(bench.whole().tails == Tails{12, 20});

  // One that goes on from the last goes by it.
  OpenIndex index(200);
  index.set_tails({TailPlace{30, 6}, TailPlace{40, 6}});
  Checkpoints next(index, "group", 200, kEpoch);
  Manifest manifest;
  manifest.tails = {TailPlace{13, 5}, TailPlace{20, 5}};
  next.resume(manifest, {5, 100, 0});
  Checkpoint first = next.begin(kEpoch, 6);
  static_cast<void>(next.manifest_records(first, 1 << 20));
  CHECK(next.accepted(first, 50, 100).tails == Tails{13, 20});
}
