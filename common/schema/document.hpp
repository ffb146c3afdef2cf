#pragma once
// A schema as a tree. Internal to common/schema: nlohmann's types stay behind this header.

#include <map>
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

// The text as a tree of bounded depth. Error: invalid.
Result<Json> tree_of(std::string_view json);

// Subschemas that look at the same value as the schema they stand in: $ref (resolved), allOf, anyOf, oneOf, not, if,
// then, else and those of dependencies.
std::vector<const Json*> in_place(const Json& root, const Json& schema);

// Which schemas stand where in a document that is understood.
using Places = std::map<const Json*, std::string>;
// That none of them leads back to itself without going into the value, nor grows beyond kMostInPlace and
// kMostReferences. Error: invalid, with the place.
Result<void> check_expansion(const Json& root, const Places& schemas);

}  // namespace certes::schema
