#pragma once
// What stands in a table for a value of an answer. Who: commands that show resources. Pure.

#include <nlohmann/json.hpp>
#include <string>

namespace certes::command {

// Text as it is, "-" for null, else JSON.
inline std::string cell_text(const nlohmann::ordered_json& value) {
  if (value.is_null()) return "-";
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace certes::command
