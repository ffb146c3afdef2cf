#pragma once
// Values of names::kRule on raw webhooks that a gateway has put among the dead letters. Who: gateway, API.

#include <string_view>

namespace certes::event {

inline constexpr std::string_view kSchemaRule = "schema";          // it broke its type's schema
inline constexpr std::string_view kAttributesRule = "attributes";  // its attributes did not fit

}  // namespace certes::event
