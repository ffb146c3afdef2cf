#include "common/json/json.hpp"

#include <string>

#include "common/json/json_text.hpp"
#include "common/json/tree_builder.hpp"

namespace certes {

template <class Json>
Result<Json> parse_json(std::string_view text, const JsonBounds& bounds) {
  if (text.size() > bounds.bytes)
    return fail(Code::invalid, "JSON longer than " + std::to_string(bounds.bytes) + " bytes");
  if (is_deeper(text, bounds.depth))
    return fail(Code::invalid, "JSON nested deeper than " + std::to_string(bounds.depth) + " levels");
  // The library takes it for the end of the text, and lets anything stand behind it.
  if (const std::size_t nul = text.find('\0'); nul != text.npos)
    return fail(Code::invalid, "not JSON: wrong at byte " + std::to_string(nul + 1));
  TreeBuilder<Json> builder(bounds.unique_members);
  if (!Json::sax_parse(text.begin(), text.end(), &builder)) return fail(std::move(builder.error()));
  return builder.take();
}

template Result<nlohmann::json> parse_json(std::string_view text, const JsonBounds& bounds);
template Result<nlohmann::ordered_json> parse_json(std::string_view text, const JsonBounds& bounds);

}  // namespace certes
