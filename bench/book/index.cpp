// What the index of open deliveries takes: bytes and operations a second of a processor's time for backlogs of several
// shapes, one thread, no log. Prints a table. index [millions of retries, 10].

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "dispatcher/book/checkpoint.hpp"
#include "dispatcher/book/chunk_codec.hpp"
#include "dispatcher/book/recovery.hpp"

using namespace certes;
using namespace certes::dispatcher::book;

namespace {

// Of the processor: others use it too.
class Timer {
 public:
  double seconds() const { return static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t begin_ = std::clock();
};

constexpr UnixMillis kNow = 1'790'000'000'000;

struct Shape {
  const char* name;
  std::int64_t deliveries;
  std::uint32_t endpoints;
  std::int64_t step;  // offsets from one to the next
};

void line(const char* name, const char* what, double count, double seconds, std::size_t bytes) {
  std::printf("%-34s %-10s %8.1f M/s %8.3f s", name, what, count / seconds / 1e6, seconds);
  if (bytes > 0)
    std::printf(" %9.2f MB %6.1f bytes each", static_cast<double>(bytes) / 1e6, static_cast<double>(bytes) / count);
  std::printf("\n");
}

std::vector<LaneNumber> lanes(OpenIndex& index, std::uint32_t count) {
  std::vector<LaneNumber> lanes;
  for (std::uint32_t i = 0; i < count; ++i)
    lanes.push_back(index.lanes().number({"default", "endpoint-" + std::to_string(i), 1, Priority::low, false}));
  return lanes;
}

void fill(OpenIndex& index, const Shape& shape, const std::vector<LaneNumber>& lanes) {
  for (std::int64_t i = 0; i < shape.deliveries; ++i) {
    const Routed routed{lanes[static_cast<std::size_t>(i) % lanes.size()]};
    index.route({i * shape.step, kNow}, {&routed, 1});
  }
}

void checkpoint(OpenIndex& index, const char* name) {
  const std::uint64_t open = index.counts().open();
  Checkpoints checkpoints(index, "bench", 1, {});
  const Timer copying;
  Checkpoint checkpoint = checkpoints.begin({}, 1);
  const double copied = copying.seconds();
  std::vector<std::string> items;
  std::size_t bytes = 0;
  const Timer encoding;
  for (const CheckpointItem& item : checkpoint.items) {  // chunks come first, ascending
    if (item.kind != ItemKind::chunk) continue;
    items.push_back(encode(*item.chunk));
    bytes += items.back().size();
  }
  line(name, "encode", static_cast<double>(open), encoding.seconds(), bytes);
  std::printf("%-34s copied in %.3f ms, %zu chunks, %.3f ms to encode each\n", name, copied * 1e3, items.size(),
              encoding.seconds() * 1e3 / static_cast<double>(items.size()));
  for (std::size_t i = 0; i < checkpoint.items.size(); ++i)
    checkpoints.stands(checkpoint, i, static_cast<std::int64_t>(i), 1);
  const auto manifest = checkpoints.manifest_records(checkpoint, 1 << 20);
  checkpoints.abandoned(checkpoint);
  const Timer decoding;
  Recovery recovery(checkpoint.manifest);
  for (const CheckpointItem& item : checkpoint.items)
    if (item.kind == ItemKind::lanes)
      static_cast<void>(recovery.add_lanes({item.number, item.written}, *decode_lanes(item.lanes)));
  std::size_t next = 0;
  double decoded = 0;
  for (const Manifest::Ref& ref : checkpoint.manifest.chunks) {
    const Timer alone;
    auto chunk = *decode_chunk(items[next++], std::size_t{1} << 40);
    decoded += alone.seconds();
    static_cast<void>(recovery.add_chunk(ref, std::move(chunk)));
  }
  OpenIndex again = *std::move(recovery).finish();
  again.rebuild_calendar();
  line(name, "decode", static_cast<double>(open), decoded, 0);
  line(name, "recover", static_cast<double>(again.counts().open()), decoding.seconds(), 0);
}

void untried(const Shape& shape) {
  OpenIndex index;
  const auto all = lanes(index, shape.endpoints);
  const std::size_t before = index.bytes();
  const auto count = static_cast<double>(shape.deliveries);
  const Timer adding;
  fill(index, shape, all);
  line(shape.name, "add", count, adding.seconds(), index.bytes() - before);
  checkpoint(index, shape.name);
  const Timer taking;
  for (const LaneNumber lane : all)
    for (auto at = index.next_untried(lane, 0); at; at = index.next_untried(lane, *at + 1)) continue;
  line(shape.name, "take", count, taking.seconds(), 0);
  const Timer finishing;
  for (std::int64_t i = 0; i < shape.deliveries; ++i)
    index.finish({i * shape.step, all[static_cast<std::size_t>(i) % all.size()]}, Ended::delivered);
  line(shape.name, "finish", count, finishing.seconds(), 0);
}

void retries(const Shape& shape) {
  OpenIndex index;
  const auto all = lanes(index, shape.endpoints);
  const std::size_t before = index.bytes();
  fill(index, shape, all);
  const auto count = static_cast<double>(shape.deliveries);
  const Timer trying;
  for (std::int64_t i = 0; i < shape.deliveries; ++i) {
    const OpenPlace place{i * shape.step, all[static_cast<std::size_t>(i) % all.size()]};
    index.tried(place,
                {1 + static_cast<std::uint32_t>(i % 5), kNow + (i * 7919) % 3'600'000, kNow + i / 10, Due::attempt});
    index.schedule(place);
  }
  line(shape.name, "retry", count, trying.seconds(), index.bytes() - before);
  checkpoint(index, shape.name);
  const Timer rebuilding;
  index.rebuild_calendar();
  line(shape.name, "calendar", count, rebuilding.seconds(), 0);
  std::vector<OpenPlace> due;
  const Timer taking;
  for (UnixMillis until = kNow; until < kNow + 3'660'000; until += 1'000)
    while (index.due_work(until)) index.take_due(until, 1'000, due);
  line(shape.name, "due", static_cast<double>(due.size()), taking.seconds(), 0);
  const Timer finishing;
  for (const OpenPlace& place : due) index.finish(place, Ended::delivered);
  line(shape.name, "finish", static_cast<double>(due.size()), finishing.seconds(), 0);
}

}  // namespace

int main(int argc, char** argv) {
  const std::int64_t millions = argc > 1 ? std::atoll(argv[1]) : 10;
  untried({"1 M, one endpoint, every event", 1'000'000, 1, 1});
  untried({"1 M, 1,000 endpoints, every event", 1'000'000, 1'000, 1});
  untried({"1 M, 1,000 endpoints, every 100th", 1'000'000, 1'000, 100});
  untried({"10 M, 10 endpoints, every event", 10'000'000, 10, 1});
  retries({"retries, one endpoint", millions * 1'000'000, 1, 1});
  retries({"retries, 10 endpoints", millions * 1'000'000, 10, 1});
  retries({"retries, 1,000 endpoints, every 10th", millions * 1'000'000, 1'000, 10});
}
