#pragma once
// A change's record as it is nearly always written, read without making a tree of it: a start reads hundreds of
// thousands. What is written in any other way is left to decode (record_json.hpp), whose word holds: only text of one
// meaning is taken here. Internal to the registry. Pure, any thread.

#include <optional>
#include <vector>

#include "common/registry/record_json.hpp"
#include "common/registry/slices.hpp"

namespace certes::registry {

// `members`: of the record. Nothing: it is to be read as any other.
std::optional<ChangeRecord> plain_change(const std::vector<Slice>& members);

}  // namespace certes::registry
