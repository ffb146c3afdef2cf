#pragma once
// Manifests and pieces of lanes as bytes. Who: Checkpoints' and Recovery's callers. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "dispatcher/book/manifest.hpp"

namespace certes::dispatcher::book {

std::string encode(const Manifest& manifest);
// invalid: no such bytes, or of another version.
Result<Manifest> decode_manifest(std::string_view bytes);

struct LaneRow {
  LaneNumber number = 0;
  LaneName name;
  LaneNotes notes;
  bool operator==(const LaneRow&) const = default;
};
// Of LaneTable::kPiece numbers, ascending.
std::string encode(const std::vector<LaneRow>& lanes);
Result<std::vector<LaneRow>> decode_lanes(std::string_view bytes);

}  // namespace certes::dispatcher::book
