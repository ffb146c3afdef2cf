#pragma once
// A schema as a tree. Internal to common/schema: nlohmann's types stay behind this header.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace certes::schema {

using Json = nlohmann::json;

// A step of a JSON pointer behind another.
std::string step(std::string_view pointer, std::string_view name);
std::string step(std::string_view pointer, std::size_t index);

// What `#` or `#/a/b` points at; null where there is nothing, or it points out of the document.
const Json* resolve(const Json& root, const std::string& ref);

// A member of an object, or null.
inline const Json* member(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

// All that the text must be to be a schema here; its tree.
Result<Json> parse_checked(std::string_view json);

// Subschemas that look at the same value as the schema they stand in: $ref (resolved), allOf, anyOf, oneOf, not, if,
// then, else and those of dependencies.
std::vector<const Json*> in_place(const Json& root, const Json& schema);

}  // namespace certes::schema
