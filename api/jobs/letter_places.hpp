#pragma once
// Records of `dead-letters` that are none themselves: each names places of its partition, in one of its headers, and
// whoever reads the topic goes by them. Who: what discards letters, and what erases. Blocks on the log.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "api/call.hpp"

namespace certes::api::jobs {

// Offsets, by their partitions.
using LetterPlaces = std::map<std::int32_t, std::vector<std::int64_t>>;

// As many records as that takes; the same again changes nothing. Errors: unavailable, unknown_outcome.
Result<void> append_places(std::string_view header, const LetterPlaces& places, Services& services,
                           const std::string& tenant);

}  // namespace certes::api::jobs
