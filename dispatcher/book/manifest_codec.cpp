#include "dispatcher/book/manifest_codec.hpp"

#include "common/base/bytes.hpp"

namespace certes::dispatcher::book {
namespace {

constexpr std::uint64_t kManifestVersion = 1, kLanesVersion = 1;
constexpr std::uint64_t kOrdered = registry::kPriorities;  // in place of a class

void write_landmark(ByteWriter& out, const Landmark& landmark) {
  out.number(static_cast<std::uint64_t>(landmark.offset + 1));
  if (landmark.offset >= 0) out.signed_number(landmark.appended_at);
}
Landmark read_landmark(ByteReader& in) {
  Landmark landmark;
  landmark.offset = static_cast<std::int64_t>(in.number_to(kOffsets)) - 1;
  if (landmark.offset >= 0) landmark.appended_at = in.signed_number();
  return landmark;
}

void write_times(ByteWriter& out, const WatermarkTimes& noted) {
  out.number(static_cast<std::uint64_t>(noted.offset + 1));
  if (noted.offset < 0) return;
  out.signed_number(noted.times.lowest);
  out.signed_number(noted.times.highest);
}
WatermarkTimes read_times(ByteReader& in) {
  WatermarkTimes noted;
  noted.offset = static_cast<std::int64_t>(in.number_to(kOffsets)) - 1;
  if (noted.offset < 0) return noted;
  noted.times.lowest = in.signed_number();
  noted.times.highest = in.signed_number();
  return noted;
}

// Places and counts of bytes: what a topic can have at most, so that sums of them do not overflow.
constexpr std::uint64_t kMost = std::uint64_t{1} << 60;

void write_refs(ByteWriter& out, const std::vector<Manifest::Ref>& refs) {
  out.number(refs.size());
  std::uint32_t last = 0;
  for (const Manifest::Ref& ref : refs) {
    out.number(ref.number - last);
    out.number(static_cast<std::uint64_t>(ref.written.place));
    out.number(ref.written.bytes);
    out.number(ref.written.bytes_before);
    last = ref.number;
  }
}
std::vector<Manifest::Ref> read_refs(ByteReader& in) {
  std::vector<Manifest::Ref> refs;
  const std::uint64_t count = in.count(4);
  refs.reserve(count);
  std::uint32_t number = 0;
  while (refs.size() < count && in.ok()) {
    const std::uint64_t step = in.number_to(UINT32_MAX - number);
    if (step == 0 && !refs.empty()) in.fail();
    number += static_cast<std::uint32_t>(step);
    const auto place = static_cast<std::int64_t>(in.number_to(kMost));
    const std::uint64_t bytes = in.number_to(kMost);
    refs.push_back({number, {place, bytes, in.number_to(kMost)}});
  }
  return refs;
}

}  // namespace

std::string encode(const Manifest& manifest) {
  std::string bytes;
  bytes.reserve(256 + (manifest.chunks.size() + manifest.pieces.size()) * 16);
  ByteWriter out(bytes);
  out.number(kManifestVersion);
  out.text(manifest.group);
  out.signed_number(manifest.term);
  out.number(static_cast<std::uint64_t>(manifest.position));
  out.number(static_cast<std::uint64_t>(manifest.watermark));
  out.number(manifest.tails.size());
  for (const TailPlace& tail : manifest.tails) {
    out.signed_number(tail.position);
    out.signed_number(tail.term);
  }
  for (const Landmark& landmark : manifest.landmarks) write_landmark(out, landmark);
  write_times(out, manifest.watermark_times);
  out.number(manifest.next_lane);
  out.number(manifest.bytes_before);
  out.number(static_cast<std::uint64_t>(manifest.previous + 1));
  write_refs(out, manifest.chunks);
  write_refs(out, manifest.pieces);
  return bytes;
}

Result<Manifest> decode_manifest(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.number() != kManifestVersion) return fail(Code::invalid, "a manifest of another version");
  Manifest manifest;
  manifest.group = in.text();
  manifest.term = in.signed_number();
  manifest.position = static_cast<std::int64_t>(in.number_to(kOffsets));
  manifest.watermark = static_cast<std::int64_t>(in.number_to(kOffsets));
  if (in.number() != manifest.tails.size()) return fail(Code::invalid, "a manifest with other topics");
  for (TailPlace& tail : manifest.tails) {
    tail.position = in.signed_number();
    tail.term = in.signed_number();
  }
  for (Landmark& landmark : manifest.landmarks) landmark = read_landmark(in);
  manifest.watermark_times = read_times(in);
  manifest.next_lane = static_cast<LaneNumber>(in.number_to(LaneTable::kMost));
  manifest.bytes_before = in.number_to(kMost);
  manifest.previous = static_cast<std::int64_t>(in.number_to(kMost)) - 1;
  manifest.chunks = read_refs(in);
  manifest.pieces = read_refs(in);
  if (!in.done() || manifest.watermark > manifest.position) return fail(Code::invalid, "a manifest cut off or damaged");
  return manifest;
}

std::string encode(const std::vector<LaneRow>& lanes) {
  std::string bytes;
  ByteWriter out(bytes);
  out.number(kLanesVersion);
  out.number(lanes.size());
  LaneNumber last = 0;
  for (const LaneRow& row : lanes) {
    out.number(row.number - last);
    last = row.number;
    out.text(row.name.tenant);
    out.text(row.name.endpoint);
    out.signed_number(row.name.version);
    out.number(row.name.ordered ? kOrdered : static_cast<std::uint64_t>(row.name.priority));
    out.signed_number(row.notes.retried_at);
    out.signed_number(row.notes.failing_since);
    out.signed_number(row.notes.last_success);
  }
  return bytes;
}

Result<std::vector<LaneRow>> decode_lanes(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.number() != kLanesVersion) return fail(Code::invalid, "lanes of another version");
  const std::uint64_t count = in.count(8);
  if (count > LaneTable::kPiece) in.fail();
  std::vector<LaneRow> lanes;
  LaneNumber last = 0;
  while (lanes.size() < count && in.ok()) {
    LaneRow row;
    const std::uint64_t step = in.number_to(UINT32_MAX - last);
    if (step == 0 && !lanes.empty()) in.fail();
    row.number = last += static_cast<LaneNumber>(step);
    row.name.tenant = in.text();
    row.name.endpoint = in.text();
    row.name.version = in.signed_number();
    const std::uint64_t priority = in.number_to(kOrdered);
    row.name.ordered = priority == kOrdered;
    if (!row.name.ordered) row.name.priority = static_cast<Priority>(priority);
    row.notes.retried_at = in.signed_number();
    row.notes.failing_since = in.signed_number();
    row.notes.last_success = in.signed_number();
    lanes.push_back(std::move(row));
  }
  if (!in.done()) return fail(Code::invalid, "lanes cut off or damaged");
  return lanes;
}

}  // namespace certes::dispatcher::book
