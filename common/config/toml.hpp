#pragma once
// TOML as a plain tree that remembers lines, so that whoever reads it can say where something is wrong.
// Who: config::load, and the command `apply`. Plain values, any thread. The one place that knows the TOML library.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace certes::config {

struct TomlMember;

struct TomlValue {
  enum class Kind : std::uint8_t { table, array, string, integer, real, boolean, time };
  Kind kind = Kind::table;
  int line = 0;
  std::string text;  // of a string; of a time, as written in RFC 3339
  std::int64_t integer = 0;
  double real = 0;
  bool boolean = false;
  std::vector<TomlValue> items;                        // of an array
  std::vector<TomlMember> members;                     // of a table, in the order of the file
  const TomlValue* find(std::string_view name) const;  // member of a table; null if there is none
};

struct TomlMember {
  std::string name;
  int line = 0;
  TomlValue value;
};

std::string_view to_string(TomlValue::Kind kind);

// The table at the document's root. `name` stands in errors: invalid, "NAME:LINE: what".
Result<TomlValue> parse_toml(std::string_view text, std::string_view name);

// A whole file. Errors: not_found, invalid (too large, not readable), with the name in the message.
Result<std::string> read_file(const std::string& path, std::size_t limit_bytes = 16u << 20);

}  // namespace certes::config
