// What a checkpoint has copied is read on another thread while the index goes on.

#include <doctest/doctest.h>

#include <future>

#include "dispatcher/book/checkpoint.hpp"
#include "dispatcher/book/chunk_codec.hpp"

using namespace certes;
using namespace certes::dispatcher::book;

TEST_CASE("Checkpoints: copies are encoded on another thread while what they were made of changes") {
  OpenIndex index;
  Checkpoints checkpoints(index, "group", 1, {});
  std::vector<LaneNumber> lanes;
  for (int i = 0; i < 20; ++i)
    lanes.push_back(index.lanes().number({"t", "endpoint-" + std::to_string(i), 1, Priority::low, false}));
  std::int64_t lowest = 0;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 5'000; ++i) {
      const std::int64_t offset = index.position() + i % 40;
      const Routed routed[] = {{lanes[static_cast<std::size_t>(offset) % lanes.size()]},
                               {lanes[static_cast<std::size_t>(offset + 1) % lanes.size()]}};
      index.route({offset, 1'790'000'000'000}, routed);
    }
    const Checkpoint checkpoint = checkpoints.begin({}, 1);
    std::vector<std::string> before;
    for (const CheckpointItem& item : checkpoint.items)
      if (item.kind == ItemKind::chunk) before.push_back(encode(*item.chunk));
    auto encoded = std::async(std::launch::async, [copies = checkpoint.items] {
      std::vector<std::string> bytes;
      for (const CheckpointItem& item : copies)
        if (item.kind == ItemKind::chunk) bytes.push_back(encode(*item.chunk));
      return bytes;
    });
    for (; lowest < index.position() / 2; ++lowest)
      for (const LaneNumber lane : lanes) {
        if (lowest % 3 == 0) index.tried({lowest, lane}, {1, 5, 5, Due::attempt});
        if (lowest % 2 == 0) index.finish({lowest, lane}, Ended::dead_lettered);
      }
    CHECK(encoded.get() == before);
    checkpoints.abandoned(checkpoint);
  }
}
