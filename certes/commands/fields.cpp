#include "certes/commands/fields.hpp"

#include <algorithm>

#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::ptrdiff_t kMostParts = 64;  // of a name

Json value_of(const std::string& name, const std::string& text) {
  if (name == "id") return text;
  auto value = parse_json<Json>(text);
  return value ? std::move(*value) : Json(text);
}

Result<void> add(Json& object, const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return fail(Code::invalid, word + " is no field: NAME=VALUE");
  const std::string name = word.substr(0, equals);
  if (std::ranges::count(name, '.') > kMostParts) return fail(Code::invalid, word + ": the name has too many parts");
  Json* at = &object;
  std::size_t start = 0;
  for (std::size_t dot; (dot = name.find('.', start)) != std::string::npos; start = dot + 1) {
    at = &(*at)[name.substr(start, dot - start)];
    if (!at->is_null() && !at->is_object()) return fail(Code::invalid, word + ": its parent has a value already");
  }
  (*at)[name.substr(start)] = value_of(name, word.substr(equals + 1));
  return {};
}

}  // namespace

Result<std::string> json_of_fields(const std::string& base, const std::string& id,
                                   const std::vector<std::string>& words) {
  Json object = base.empty() ? Json::object() : json_or_null<Json>(base);
  if (!object.is_object()) return fail(Code::invalid, "the body is no JSON object");
  if (!id.empty()) object["id"] = id;
  for (const std::string& word : words)
    if (auto added = add(object, word); !added) return fail(added.error());
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace certes::command
