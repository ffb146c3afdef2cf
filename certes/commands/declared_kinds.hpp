#pragma once
// What files may declare: the kinds of resources, in the order in which they can be applied, and a declaration from the
// JSON of one. Who: declarations, export. Pure.

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certes/commands/declarations.hpp"
#include "common/json/json.hpp"

namespace certes::command {

struct DeclaredKind {
  const char* table;                // in files: event_types
  const char* path;                 // in the API: event-types
  std::vector<std::string> fields;  // in TOML
};

std::span<const DeclaredKind> declared_kinds();
// Error: invalid, with the place, and the name that was meant.
Result<const DeclaredKind*> kind_of_table(const std::string& table, const std::string& place);
std::size_t order_of(std::string_view path);

Error wrong_at(const std::string& place, const std::string& what);

// `declaration` with the id and the body of the object. Error: invalid, it has no id.
Result<Declaration> with_body(const DeclaredKind& kind, Declaration declaration, nlohmann::ordered_json object);

// The API's form: {"endpoints": [{"id": "e", …}], …}; taken as it stands, without variables and files. Its places are
// JSON pointers: "file: /endpoints/0". Error: invalid, with the place.
Result<void> add_json_declarations(const std::string& text, const std::string& file, std::vector<Declaration>& out);

}  // namespace certes::command
