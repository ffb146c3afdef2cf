#include "dispatcher/ownership/checkpoint_loader.hpp"

#include <algorithm>

#include "dispatcher/book/chunk_codec.hpp"
#include "dispatcher/book/manifest_codec.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kMostChunkBytes = 512u << 20;  // of memory: more than an index may have

}  // namespace

Result<bool> CheckpointLoader::add(const log::StoredRecord& record) {
  if (record.value.empty()) return false;  // it begins a term
  auto complete = reader_.add(record);
  if (!complete || !*complete) return complete;
  if (auto taken = recovery_ ? take_part(parts_[next_++]) : take_manifest(); !taken) return fail(taken.error());
  if (done()) return true;
  reader_ = book::ItemReader(parts_[next_].kind, parts_[next_].ref.number);
  from_ = parts_[next_].ref.written.place;
  return true;
}

Result<void> CheckpointLoader::take_manifest() {
  bytes_ = reader_.payload().size();
  auto manifest = book::decode_manifest(reader_.payload());
  if (!manifest) return fail(manifest.error());
  recovery_.emplace(std::move(*manifest));
  name_parts(book::ItemKind::lanes, recovery_->manifest().pieces);
  name_parts(book::ItemKind::chunk, recovery_->manifest().chunks);
  return {};
}

void CheckpointLoader::name_parts(book::ItemKind kind, const std::vector<book::Manifest::Ref>& refs) {
  const auto first = static_cast<std::ptrdiff_t>(parts_.size());
  for (const book::Manifest::Ref& ref : refs) parts_.push_back({kind, ref});
  std::sort(parts_.begin() + first, parts_.end(),
            [](const Part& a, const Part& b) { return a.ref.written.place < b.ref.written.place; });
}

Result<void> CheckpointLoader::take_part(const Part& part) {
  if (part.kind == book::ItemKind::lanes) {
    const auto lanes = book::decode_lanes(reader_.payload());
    if (!lanes) return fail(lanes.error());
    return recovery_->add_lanes(part.ref, *lanes);
  }
  auto chunk = book::decode_chunk(reader_.payload(), kMostChunkBytes);
  if (!chunk) return fail(chunk.error());
  return recovery_->add_chunk(part.ref, std::move(*chunk));
}

}  // namespace certes::dispatcher
