// A checkpoint as records of topic `progress`: cut into chunks, each in a frame with a CRC, and put together again.
#include <algorithm>
#include <cstring>

#include "common/base/crc32.hpp"
#include "common/log/names.hpp"
#include "dispatcher/ownership/progress.hpp"

namespace certes::dispatcher {
namespace {

// A record of a checkpoint: magic, kind, id, index, CRC of all but itself, payload. Little endian, as our machines are.
struct Frame {
  char magic[4] = {'C', 'K', 'P', '1'};
  std::uint32_t kind = 0;  // 0: chunk; 1: end
  std::uint64_t id = 0;
  std::uint32_t index = 0;  // of the end: number of chunks
  std::uint32_t crc = 0;
};
static_assert(sizeof(Frame) == 24);

std::uint32_t frame_crc(Frame frame, std::string_view payload) {
  frame.crc = 0;
  return crc32(payload, crc32({reinterpret_cast<const char*>(&frame), sizeof frame}));
}

log::Record framed(Frame frame, std::string_view payload) {
  frame.crc = frame_crc(frame, payload);
  log::Record record;
  record.value.reserve(sizeof frame + payload.size());
  record.value.append(reinterpret_cast<const char*>(&frame), sizeof frame).append(payload);
  return record;
}

Result<Frame> frame_of(const log::StoredRecord& record) {
  Frame frame;
  constexpr Frame expected;
  if (record.value.size() < sizeof frame) return fail(Code::invalid, "not a record of a checkpoint");
  std::memcpy(&frame, record.value.data(), sizeof frame);
  const std::string_view payload = std::string_view(record.value).substr(sizeof frame);
  if (std::memcmp(frame.magic, expected.magic, sizeof frame.magic) != 0 || frame_crc(frame, payload) != frame.crc)
    return fail(Code::invalid, "a damaged record of a checkpoint");
  return frame;
}

}  // namespace

std::vector<log::Record> checkpoint_records(const Progress& progress, std::uint64_t id, std::size_t most_bytes) {
  const std::string bytes = encode(progress);
  std::vector<log::Record> records;
  Frame frame;
  frame.id = id;
  const std::size_t chunk = std::min(kChunkBytes, most_bytes - kFrameRoom);
  for (std::string_view rest = bytes; !rest.empty(); rest.remove_prefix(std::min(rest.size(), chunk))) {
    records.push_back(framed(frame, rest.substr(0, chunk)));
    ++frame.index;
  }
  frame.kind = 1;
  records.push_back(framed(frame, {}));
  if (!progress.group.empty()) records.back().headers.add(log::names::kGroup, progress.group);
  return records;
}

Result<bool> CheckpointReader::add(const log::StoredRecord& record) {
  const auto frame = frame_of(record);
  if (!frame) return fail(frame.error());
  if (!id_) id_ = frame->id;
  if (frame->id != *id_) return false;  // a former owner's
  if (frame->index != chunks_) return fail(Code::invalid, "a checkpoint with a record missing");
  if (frame->kind == 1) return true;
  ++chunks_;
  bytes_.append(std::string_view(record.value).substr(sizeof *frame));
  return false;
}

std::optional<std::uint64_t> CheckpointReader::id_of(const log::StoredRecord& record) {
  const auto frame = frame_of(record);
  return frame ? std::optional(frame->id) : std::nullopt;
}

}  // namespace certes::dispatcher
