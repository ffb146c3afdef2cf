#include "common/schema/document.hpp"

#include "common/json/json.hpp"
#include "common/schema/schema.hpp"

namespace certes::schema {

Result<Json> tree_of(std::string_view json) {
  auto root = parse_json<Json>(json, {.depth = kMaxSchemaDepth});
  if (!root) return root;
  if (!root->is_object()) return fail(Code::invalid, "must be a JSON Schema: an object");
  return root;
}

std::string step(std::string_view pointer, std::string_view name) {
  std::string longer(pointer);
  longer += '/';
  for (const char c : name) {
    if (c == '~')
      longer += "~0";
    else if (c == '/')
      longer += "~1";
    else
      longer += c;
  }
  return longer;
}

std::string step(std::string_view pointer, std::size_t index) {
  return std::string(pointer) + "/" + std::to_string(index);
}

const Json* resolve(const Json& root, const std::string& ref) {
  if (ref == "#") return &root;
  if (!ref.starts_with("#/") || ref.find('%') != ref.npos) return nullptr;
  try {
    const Json::json_pointer pointer(ref.substr(1));
    return root.contains(pointer) ? &root.at(pointer) : nullptr;
  } catch (const Json::exception&) {
    return nullptr;
  }
}

std::vector<const Json*> in_place(const Json& root, const Json& schema) {
  std::vector<const Json*> found;
  if (!schema.is_object()) return found;
  if (const Json* ref = member(schema, "$ref"); ref != nullptr && ref->is_string())
    if (const Json* target = resolve(root, ref->get_ref<const std::string&>())) found.push_back(target);
  for (const char* name : {"allOf", "anyOf", "oneOf"})
    if (const Json* branches = member(schema, name))
      for (const Json& branch : *branches) found.push_back(&branch);
  for (const char* name : {"not", "if", "then", "else"})
    if (const Json* one = member(schema, name)) found.push_back(one);
  for (const char* name : {"dependentSchemas", "dependencies"})
    if (const Json* map = member(schema, name))
      for (const Json& one : *map)
        if (!one.is_array()) found.push_back(&one);
  return found;
}

}  // namespace certes::schema
