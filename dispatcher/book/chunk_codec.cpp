#include "dispatcher/book/chunk_codec.hpp"

#include <cstring>
#include <utility>

#include "common/base/bytes.hpp"
#include "dispatcher/book/set_codec.hpp"

namespace certes::dispatcher::book {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::uint64_t kMostPriority = registry::kPriorities - 1;

// What a lane has beside untried offsets.
constexpr std::uint64_t kTried = 1, kKeys = 2, kCommands = 4, kReasons = 8, kDeadLettered = 16, kParts = 31;

template <class Int>
void put_raw(ByteWriter& out, Int value) {
  out.bytes({reinterpret_cast<const char*>(&value), sizeof value});
}
template <class Int>
Int raw(ByteReader& in) {
  const std::string_view bytes = in.bytes(sizeof(Int));
  Int value = 0;
  if (bytes.size() == sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Whatever the difference says, without overflow.
UnixMillis moved(UnixMillis at, std::int64_t by) {
  return static_cast<UnixMillis>(static_cast<std::uint64_t>(at) + static_cast<std::uint64_t>(by));
}

// What is also in `mask`.
OffsetSet masked(const OffsetSet& set, const OffsetSet::Bits& mask) {
  OffsetSet::Bits bits{};
  set.add_to(bits);
  for (std::size_t i = 0; i < bits.size(); ++i) bits[i] &= mask[i];
  return OffsetSet::from(set.lane(), bits);
}

// The entries of a lane, from a cursor that goes through all lanes.
template <class Entry>
std::uint64_t count_of(typename LeafTree<Entry>::Cursor cursor, LaneNumber lane) {
  std::uint64_t count = 0;
  for (; cursor.get() && Entry::group_of(cursor.get()->key()) == lane; cursor.next()) ++count;
  return count;
}
template <class Entry, class Write>
void write_entries(ByteWriter& out, typename LeafTree<Entry>::Cursor& cursor, LaneNumber lane, Write write) {
  std::uint64_t left = count_of<Entry>(cursor, lane);
  if (left == 0) return;
  out.number(left);
  for (Gap gap; left > 0; --left, cursor.next()) {
    out.number(gap.to(within(static_cast<std::int64_t>(cursor.get()->key()))));
    write(*cursor.get());
  }
}
template <class Read>
void read_entries(ByteReader& in, Read read) {
  std::uint64_t left = in.count(2);
  for (Gap gap; left > 0 && in.ok(); --left) read(gap.from(in));
}

class Encoder {
 public:
  Encoder(const Chunk& chunk, std::string& bytes)
      : chunk_(chunk),
        out_(bytes),
        tried_(chunk.all_tried()),
        keys_(chunk.keys()),
        commands_(chunk.commands()),
        reasons_(chunk.reasons()) {}

  void write() {
    out_.number(kVersion);
    for (const AppendTimes& times : chunk_.all_times()) {
      out_.number(times.known() ? 1 : 0);
      if (!times.known()) continue;
      out_.signed_number(times.lowest);
      out_.number(static_cast<std::uint64_t>(times.highest - times.lowest));
    }
    const bool several = !chunk_.all_several().empty();
    if (several) chunk_.add_open_to(open_);
    write_set(out_, masked(chunk_.all_several(), open_));
    write_set(out_, masked(chunk_.all_received(), open_));
    std::uint64_t lanes = 0;
    chunk_.lanes().for_each([&](const OffsetSet& set) { lanes += needed(set) ? 1 : 0; });
    out_.number(lanes);
    chunk_.lanes().for_each([&](const OffsetSet& set) {
      if (needed(set)) write_lane(set);
    });
  }

 private:
  template <class Entry>
  static bool has(const typename LeafTree<Entry>::Cursor& cursor, LaneNumber lane) {
    return cursor.get() && Entry::group_of(cursor.get()->key()) == lane;
  }
  bool needed(const OffsetSet& set) const {
    return !set.empty() || chunk_.any_open(set.lane()) || chunk_.all_dead_lettered().find(set.lane()) != nullptr;
  }
  void write_lane(const OffsetSet& set) {
    const LaneNumber lane = set.lane();
    const OffsetSet* const dead = chunk_.all_dead_lettered().find(lane);
    out_.number(lane - std::exchange(last_lane_, lane));
    out_.number((has<TriedEntry>(tried_, lane) ? kTried : 0) | (has<KeyEntry>(keys_, lane) ? kKeys : 0) |
                (has<CommandEntry>(commands_, lane) ? kCommands : 0) |
                (has<ReasonEntry>(reasons_, lane) ? kReasons : 0) | (dead ? kDeadLettered : 0));
    write_set(out_, set);
    write_entries<TriedEntry>(out_, tried_, lane, [&](const TriedEntry& entry) { write_tried(entry.tried()); });
    write_entries<KeyEntry>(out_, keys_, lane, [&](const KeyEntry& entry) {
      out_.number(static_cast<std::uint64_t>(entry.priority));
      put_raw(out_, entry.hash);
    });
    write_entries<CommandEntry>(out_, commands_, lane, [&](const CommandEntry& entry) { put_raw(out_, entry.hash); });
    write_entries<ReasonEntry>(out_, reasons_, lane, [&](const ReasonEntry& entry) {
      out_.text(entry.reason->rule);
      out_.text(entry.reason->error);
      out_.text(entry.reason->answer);
    });
    if (dead) write_set(out_, masked(*dead, open_));
  }
  void write_tried(const Tried& tried) {
    out_.number(std::uint64_t{tried.attempts} << 2 | static_cast<std::uint64_t>(tried.what));
    out_.signed_number(tried.due - std::exchange(last_due_, tried.due));
    out_.signed_number(tried.first_at - std::exchange(last_first_, tried.first_at));
  }

  const Chunk& chunk_;
  ByteWriter out_;
  LeafTree<TriedEntry>::Cursor tried_;
  LeafTree<KeyEntry>::Cursor keys_;
  LeafTree<CommandEntry>::Cursor commands_;
  LeafTree<ReasonEntry>::Cursor reasons_;
  OffsetSet::Bits open_{};
  LaneNumber last_lane_ = 0;
  UnixMillis last_due_ = 0, last_first_ = 0;
};

class Decoder {
 public:
  Decoder(std::string_view bytes, Chunk& chunk, std::size_t most_bytes)
      : in_(bytes), chunk_(chunk), most_bytes_(most_bytes) {}

  Result<void> read() {
    if (in_.number() != kVersion) return fail(Code::invalid, "a chunk of another version");
    for (std::size_t block = 0; block < kBlocks; ++block) read_times(block);
    OffsetSet several = read_set(in_, 0);
    chunk_.put_several(std::move(several), read_set(in_, 0));
    std::uint64_t left = in_.count(3);
    for (bool first = true; left > 0 && in_.ok(); --left, first = false) {
      read_lane(first);
      if (chunk_.bytes() > most_bytes_) return fail(Code::too_large, "a chunk takes more memory than there is");
    }
    if (!in_.done()) return fail(Code::invalid, "a chunk cut off or damaged");
    return {};
  }

 private:
  void read_times(std::size_t block) {
    if (in_.number_to(1) == 0) return;
    AppendTimes times;
    times.lowest = in_.signed_number();
    const std::uint64_t spread = in_.number_to(static_cast<std::uint64_t>(Tried::kMostTime));
    if (times.lowest < 0 || times.lowest > Tried::kMostTime) return in_.fail();
    times.highest = times.lowest + static_cast<std::int64_t>(spread);
    chunk_.put_times(block, times);
  }
  void read_lane(bool first) {
    const std::uint64_t step = in_.number_to(UINT32_MAX - lane_);
    if (step == 0 && !first) return in_.fail();
    lane_ += static_cast<LaneNumber>(step);
    const std::uint64_t parts = in_.number_to(kParts);
    if (!chunk_.put_untried(read_set(in_, lane_))) return in_.fail();
    if ((parts & kTried) != 0) read_entries(in_, [&](std::uint16_t offset) { read_tried(offset); });
    if ((parts & kKeys) != 0)
      read_entries(in_, [&](std::uint16_t offset) {
        const auto priority = static_cast<Priority>(in_.number_to(kMostPriority));
        chunk_.set_key({lane_, raw<std::uint32_t>(in_), offset, priority});
      });
    if ((parts & kCommands) != 0)
      read_entries(in_, [&](std::uint16_t offset) { chunk_.set_command({raw<std::uint64_t>(in_), lane_, offset}); });
    if ((parts & kReasons) != 0) read_entries(in_, [&](std::uint16_t offset) { read_reason(offset); });
    if ((parts & kDeadLettered) != 0 && !chunk_.put_dead_lettered(read_set(in_, lane_))) in_.fail();
  }
  void read_tried(std::uint16_t offset) {
    const std::uint64_t head = in_.number_to(std::uint64_t{Tried::kMostAttempts} << 2 | 3);
    last_due_ = moved(last_due_, in_.signed_number());
    last_first_ = moved(last_first_, in_.signed_number());
    const auto possible = [](UnixMillis at) { return at >= 0 && at <= Tried::kMostTime; };
    if (!possible(last_due_) || !possible(last_first_)) return in_.fail();
    const Tried tried{static_cast<std::uint32_t>(head >> 2), last_due_, last_first_, static_cast<Due>(head & 3)};
    if (in_.ok() && !chunk_.put_tried(TriedEntry(lane_, offset, tried))) in_.fail();
  }
  void read_reason(std::uint16_t offset) {
    Reason reason;
    reason.rule = in_.text();
    reason.error = in_.text();
    reason.answer = in_.text();
    if (in_.ok() && !reason.empty()) chunk_.put_reason(delivery_key(lane_, offset), std::move(reason));
  }

  ByteReader in_;
  Chunk& chunk_;
  const std::size_t most_bytes_;
  LaneNumber lane_ = 0;
  UnixMillis last_due_ = 0, last_first_ = 0;
};

}  // namespace

std::string encode(const Chunk& chunk) {
  std::string bytes;
  bytes.reserve(256 + chunk.lanes().size() * 8 + chunk.all_tried().size() * 12);
  Encoder(chunk, bytes).write();
  return bytes;
}

Result<Shared<Chunk>> decode_chunk(std::string_view bytes, std::size_t most_bytes) {
  auto* const chunk = new Chunk;
  Shared<Chunk> held(chunk);
  if (auto read = Decoder(bytes, *chunk, most_bytes).read(); !read) return fail(std::move(read).error());
  return held;
}

}  // namespace certes::dispatcher::book
