#pragma once
// Names that only Certes itself publishes under: types whose first word is certes, and sources of commands and results.
// Who: all who take events in. Pure; any thread; nothing is allocated unless a source is percent-encoded.

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace certes::event {

inline constexpr std::string_view kOwnUrn = "urn:certes:";

// Whether its first word is certes.
bool is_own_type(std::string_view type);
// urn:certes:TENANT/…, however its letters and signs are written.
bool is_own_source(std::string_view source);
// What is not properly encoded stays as it is.
std::string percent_decoded(std::string_view source);

// Where they stand in what was sent.
struct NamePlaces {
  std::string_view type, source;
};
// Error: forbidden, at its place.
Result<void> check_not_own(std::string_view type, std::string_view source, const NamePlaces& places);

}  // namespace certes::event
