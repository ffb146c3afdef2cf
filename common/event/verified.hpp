#pragma once
// The mark of a raw webhook whose bytes a gateway has verified, on its record: SCHEME/SOURCE. Who: gateway (sets it),
// API (takes it from corrected data), dispatcher (signs anew nothing without it: docs/security.md).

#include <string_view>

namespace certes::event {

inline constexpr std::string_view kVerified = "certes-verified";

}  // namespace certes::event
