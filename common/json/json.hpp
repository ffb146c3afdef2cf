#pragma once
// parse_json: JSON text as one of nlohmann's trees. Who: everybody who has text from elsewhere, for nothing else calls
// that library's parser (`./dev lint`). Copying, comparing and writing a tree recurse, so its depth is bounded before
// it is made. Text that is only passed on is not parsed at all: json_text.hpp. Pure, any thread.

#include <nlohmann/json.hpp>
#include <string_view>

#include "common/base/result.hpp"

namespace certes {

struct JsonBounds {
  std::size_t depth = 264;  // as deep as an event's data may be, in what is around it
  std::size_t bytes = std::size_t{64} << 20;
  bool unique_members = false;  // a member that stands twice in an object is an error
};

// Of nlohmann::json (members sorted) or nlohmann::ordered_json. Error: invalid; why it is no JSON, or beyond the
// bounds.
template <class Json>
Result<Json> parse_json(std::string_view text, const JsonBounds& bounds = {});

// Null where it is none: for texts that are passed over then.
template <class Json>
Json json_or_null(std::string_view text) {
  auto json = parse_json<Json>(text);
  return json ? std::move(*json) : Json();
}

extern template Result<nlohmann::json> parse_json(std::string_view text, const JsonBounds& bounds);
extern template Result<nlohmann::ordered_json> parse_json(std::string_view text, const JsonBounds& bounds);

}  // namespace certes
