#include "dispatcher/book/items.hpp"

#include <algorithm>
#include <cstring>

#include "common/base/crc32.hpp"

namespace certes::dispatcher::book {
namespace {

// Before a record's part of the payload. Little endian, as our machines are. The 2 is the format's number: 1 was a
// checkpoint without chunks.
struct Frame {
  char magic[4] = {'C', 'K', 'P', '2'};
  std::uint32_t kind = 0;
  std::uint64_t checkpoint = 0;
  std::uint32_t number = 0;
  std::uint32_t index = 0;
  std::uint32_t count = 0;  // of records
  std::uint32_t crc = 0;    // of all but itself
};
static_assert(sizeof(Frame) == 32);
static_assert(sizeof(Frame) < kItemRoom);

std::uint32_t crc_of(Frame frame, std::string_view payload) {
  frame.crc = 0;
  return crc32(payload, crc32({reinterpret_cast<const char*>(&frame), sizeof frame}));
}

std::string_view payload_of(const log::StoredRecord& record) {
  return std::string_view(record.value).substr(sizeof(Frame));
}

Result<Frame> frame_of(const log::StoredRecord& record) {
  Frame frame;
  constexpr Frame expected;
  if (record.value.size() < sizeof frame || std::memcmp(record.value.data(), expected.magic, 3) != 0)
    return fail(Code::invalid, "not a record of a checkpoint");
  std::memcpy(&frame, record.value.data(), sizeof frame);
  if (frame.magic[3] != expected.magic[3]) return fail(Code::invalid, "a checkpoint of another format");
  if (crc_of(frame, payload_of(record)) != frame.crc || frame.kind > static_cast<std::uint32_t>(ItemKind::manifest) ||
      frame.index >= frame.count)
    return fail(Code::invalid, "a damaged record of a checkpoint");
  return frame;
}

ItemName name_of(const Frame& frame) { return {frame.checkpoint, static_cast<ItemKind>(frame.kind), frame.number}; }

}  // namespace

std::vector<log::Record> item_records(const ItemName& name, std::string_view payload, std::size_t most_bytes) {
  const std::size_t part = std::min(kItemRecordBytes, most_bytes) - kItemRoom;
  Frame frame;
  frame.kind = static_cast<std::uint32_t>(name.kind);
  frame.checkpoint = name.checkpoint;
  frame.number = name.number;
  frame.count = static_cast<std::uint32_t>(std::max<std::size_t>(1, (payload.size() + part - 1) / part));
  std::vector<log::Record> records(frame.count);
  for (; frame.index < frame.count; ++frame.index) {
    const std::string_view piece = payload.substr(frame.index * part, part);
    frame.crc = crc_of(frame, piece);
    std::string& value = records[frame.index].value;
    value.reserve(sizeof frame + piece.size());
    value.append(reinterpret_cast<const char*>(&frame), sizeof frame).append(piece);
  }
  return records;
}

Result<bool> ItemReader::add(const log::StoredRecord& record) {
  const auto frame = frame_of(record);
  if (!frame) return fail(frame.error());
  const ItemName name = name_of(*frame);
  if (!name_) {
    if (frame->index != 0 || (kind_ && (name.kind != *kind_ || name.number != number_)))
      return fail(Code::invalid, "another part of a checkpoint stands where one was to be");
    name_ = name;
    count_ = frame->count;
  }
  if (name != *name_) return false;  // a former owner's
  if (frame->index != next_ || frame->count != count_) return fail(Code::invalid, "a checkpoint with a record missing");
  const std::string_view payload = payload_of(record);
  if (payload.size() > kItemBytes - payload_.size())
    return fail(Code::too_large, "a part of a checkpoint is too large");
  payload_.append(payload);
  return ++next_ == count_;
}

std::optional<ItemName> ItemReader::of(const log::StoredRecord& record) {
  const auto frame = frame_of(record);
  return frame ? std::optional(name_of(*frame)) : std::nullopt;
}

}  // namespace certes::dispatcher::book
