#include "dispatcher/book/recovery.hpp"

#include <algorithm>

namespace certes::dispatcher::book {

Recovery::Recovery(Manifest manifest)
    : manifest_(std::move(manifest)), left_(manifest_.pieces.size() + manifest_.chunks.size()) {
  index_.restore(manifest_);
}

Result<void> Recovery::add_lanes(const Manifest::Ref& ref, const std::vector<LaneRow>& lanes) {
  for (const LaneRow& row : lanes)
    if (row.number / LaneTable::kPiece != ref.number || !index_.lanes().put(row.number, row.name, row.notes))
      return fail(Code::invalid, "a checkpoint with lanes that are not its own");
  if (auto& pieces = index_.lanes().pieces(); ref.number < pieces.size() && pieces[ref.number])
    pieces[ref.number]->written = ref.written;
  --left_;
  return {};
}

Result<void> Recovery::add_chunk(const Manifest::Ref& ref, Shared<Chunk> chunk) {
  if (!index_.put(ref.number, std::move(chunk), ref.written))
    return fail(Code::invalid, "a checkpoint with a chunk that is not its own");
  --left_;
  return {};
}

Result<OpenIndex> Recovery::finish() && {
  if (left_ != 0) return fail(Code::invalid, "a checkpoint with a part missing");
  return std::move(index_);
}

}  // namespace certes::dispatcher::book
