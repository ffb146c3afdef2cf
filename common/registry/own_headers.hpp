#pragma once
// Which headers an endpoint's requests may have of its own. Who: the JSON of `headers` and `auth`. Pure, any thread.

#include <optional>
#include <string>
#include <string_view>

namespace certes::registry {

// Why a header of that name is not the endpoint's to set; nothing: it is.
std::optional<std::string> wrong_header_name(std::string_view name);
// Nothing but what a header's value may hold: no control characters but tabs.
bool fit_header_value(std::string_view value);

}  // namespace certes::registry
