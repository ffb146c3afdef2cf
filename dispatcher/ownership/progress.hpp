#pragma once
// Progress: all that the owner of a partition of `events` must remember, and its forms on the log: a checkpoint is a
// run of records of topic `progress` (chunks, then an end), each with a CRC. Who: Owner. Pure functions and plain
// values; any thread.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "dispatcher/book/tails.hpp"
#include "dispatcher/ownership/owner.hpp"

namespace certes::dispatcher {

struct Progress {
  std::int64_t term = 0;           // of the owner that wrote it
  std::int64_t watermark = 0;      // everything of `events` below is finished
  UnixMillis before = 0;           // append time of the record before the watermark; 0: not known
  std::int64_t position = 0;       // of what was read below it, only `open` is unfinished
  UnixMillis last = 0;             // append time of the record before the position; 0: not known
  std::vector<std::int64_t> open;  // ascending, from the watermark
  // Every record of these topics below these offsets is reflected here, unless void.
  std::array<std::int64_t, kTailCount> tails{};
  std::map<std::int64_t, DeliveryStates> states;  // of unfinished records, by offset
  std::string group;                              // of the dispatchers whose it is; empty: not known
};

std::string encode(const Progress& progress);
Result<Progress> decode(std::string_view bytes);

inline constexpr std::size_t kChunkBytes = 512u << 10;
inline constexpr std::size_t kFrameRoom = 256;  // of a record: its frame, and the headers that are added
// The records of a checkpoint, to be appended in this order. `id` tells it from others between whose records its own
// may stand. None is larger than `most_bytes`, which is at least 1 KiB.
std::vector<log::Record> checkpoint_records(const Progress& progress, std::uint64_t id,
                                            std::size_t most_bytes = kChunkBytes + kFrameRoom);

// Puts a checkpoint together again from what stands in `progress` from its first record on.
class CheckpointReader {
 public:
  // True: complete. An error: unreadable.
  Result<bool> add(const log::StoredRecord& record);
  Result<Progress> finish() const { return decode(bytes_); }
  // The checkpoint's that the record is of; nothing: of none.
  static std::optional<std::uint64_t> id_of(const log::StoredRecord& record);

 private:
  std::optional<std::uint64_t> id_;
  std::uint32_t chunks_ = 0;
  std::string bytes_;
};

}  // namespace certes::dispatcher
