#include "dispatcher/ownership/offset_tracker.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "common/base/random.hpp"

namespace certes::dispatcher {
namespace {

// The same by plain sets.
class Naive {
 public:
  void restore(std::int64_t watermark, UnixMillis before, std::int64_t position, UnixMillis restored_time,
               const std::vector<std::int64_t>& unfinished) {
    *this = {};
    next = watermark;
    restored = std::max(position, watermark);
    last = before;
    restored_last = restored_time;
    for (const auto offset : unfinished)
      if (offset >= watermark) unread.insert(offset);
  }
  bool finished(std::int64_t offset) const {
    if (offset < next) return !open.contains(offset);
    return offset < restored && !unread.contains(offset);
  }
  bool read(std::int64_t offset, UnixMillis at) {
    const bool fresh = !finished(offset);
    if (fresh) open[offset] = {at, last};
    while (!unread.empty() && *unread.begin() <= offset) unread.erase(unread.begin());
    next = offset + 1;
    last = at;
    return fresh;
  }
  std::int64_t watermark() const { return open.empty() ? next : open.begin()->first; }
  UnixMillis before() const { return open.empty() ? last : open.begin()->second.second; }
  UnixMillis position_time() const { return next >= restored ? last : restored_last; }
  UnixMillis oldest() const { return open.empty() ? 0 : open.begin()->second.first; }
  std::vector<std::int64_t> offsets() const {
    std::vector<std::int64_t> all;
    for (const auto& [offset, times] : open) all.push_back(offset);
    all.insert(all.end(), unread.begin(), unread.end());
    return all;
  }

  std::map<std::int64_t, std::pair<UnixMillis, UnixMillis>> open;
  std::set<std::int64_t> unread;
  std::int64_t next = 0;
  std::int64_t restored = 0;
  UnixMillis last = 0;
  UnixMillis restored_last = 0;
};

std::int64_t pick(Random& random, std::int64_t below) {
  return static_cast<std::int64_t>(random.bits() % static_cast<std::uint64_t>(below));
}

void compare(const OffsetTracker& tracker, const Naive& naive, Random& random) {
  REQUIRE(tracker.watermark() == naive.watermark());
  REQUIRE(tracker.before() == naive.before());
  REQUIRE(tracker.next() == naive.next);
  REQUIRE(tracker.position() == std::max(naive.next, naive.restored));
  REQUIRE(tracker.last() == naive.position_time());
  REQUIRE(tracker.open() == naive.open.size());
  REQUIRE(tracker.oldest_open() == naive.oldest());
  REQUIRE(tracker.open_offsets() == naive.offsets());
  const std::int64_t probe = pick(random, naive.next + 40);
  REQUIRE(tracker.finished(probe) == naive.finished(probe));
  std::int64_t unfinished = 0;
  for (std::int64_t offset = probe; offset < probe + 20; ++offset) unfinished += naive.finished(offset) ? 0 : 1;
  REQUIRE(tracker.count_unfinished(probe, probe + 20) == unfinished);
}

void one_life(OffsetTracker& tracker, Naive& naive, Random& random) {
  UnixMillis now = 1'000;
  const std::int64_t gaps = pick(random, 3);
  for (int step = 0; step < 300; ++step) {
    if (random.unit() < 0.5) {
      const std::int64_t offset = naive.next + (gaps > 0 && random.unit() < 0.2 ? pick(random, 5) : 0);
      now += 1 + pick(random, 10);
      REQUIRE(tracker.read(offset, now) == naive.read(offset, now));
    } else if (naive.next > 0) {
      const std::int64_t low = std::max<std::int64_t>(0, naive.next - 60);
      const std::int64_t offset = low + pick(random, naive.next - low);
      tracker.finish(offset);
      naive.open.erase(offset);
    }
    compare(tracker, naive, random);
  }
}

TEST_CASE("OffsetTracker: does what plain sets do, through restores") {
  Random random(4711);
  for (int life = 0; life < 200; ++life) {
    OffsetTracker tracker;
    Naive naive;
    tracker.restore(7, 5, 7, 5, {});
    naive.restore(7, 5, 7, 5, {});
    for (int restart = 0; restart < 3; ++restart) {
      one_life(tracker, naive, random);
      const auto open = tracker.open_offsets();
      const std::int64_t watermark = tracker.watermark();
      const UnixMillis before = tracker.before();
      const std::int64_t position = tracker.position();
      const UnixMillis last = tracker.last();
      tracker.restore(watermark, before, position, last, open);
      naive.restore(watermark, before, position, last, open);
      compare(tracker, naive, random);
    }
  }
}

TEST_CASE("OffsetTracker: what is passed over by reading is gone") {
  OffsetTracker tracker;
  tracker.restore(10, 1, 20, 9, {10, 15, 18});
  CHECK(tracker.watermark() == 10);
  CHECK(tracker.read(16, 100) == false);
  CHECK(tracker.watermark() == 17);
  CHECK(tracker.read(18, 101));
  CHECK(tracker.watermark() == 18);
  CHECK(tracker.before() == 100);
  tracker.finish(18);
  CHECK(tracker.watermark() == 19);
  CHECK(tracker.finished(19));
  CHECK_FALSE(tracker.finished(20));
}

TEST_CASE("OffsetTracker: one open record at the bottom does not keep the finished ones in memory") {
  OffsetTracker tracker;
  tracker.restore(0, 0, 0, 0, {});
  for (std::int64_t offset = 0; offset < 100'000; ++offset) {
    tracker.read(offset, offset);
    if (offset > 0) tracker.finish(offset);
  }
  CHECK(tracker.watermark() == 0);
  CHECK(tracker.open_offsets() == std::vector<std::int64_t>{0});
  tracker.finish(0);
  CHECK(tracker.watermark() == 100'000);
  CHECK(tracker.before() == 99'999);
}

}  // namespace
}  // namespace certes::dispatcher
