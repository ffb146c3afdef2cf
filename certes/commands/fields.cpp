#include "certes/commands/fields.hpp"

#include <nlohmann/json.hpp>

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

Json value_of(const std::string& name, const std::string& text) {
  if (name == "id") return text;
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json(text) : value;
}

Result<void> add(Json& object, const std::string& word) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos || equals == 0) return fail(Code::invalid, word + " is no field: NAME=VALUE");
  const std::string name = word.substr(0, equals);
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
  Json object = base.empty() ? Json::object() : Json::parse(base, nullptr, false);
  if (!object.is_object()) return fail(Code::invalid, "the body is no JSON object");
  if (!id.empty()) object["id"] = id;
  for (const std::string& word : words)
    if (auto added = add(object, word); !added) return fail(added.error());
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace certes::command
