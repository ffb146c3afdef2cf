#pragma once
// Parts of a JSON text as they stand in it, byte for byte, so that what a record carries is kept as it was written,
// whatever it is. Who: the registry's records. Pure; views into the text.

#include <optional>
#include <string_view>
#include <vector>

namespace certes::registry {

struct Slice {
  std::string_view name;  // between the quotes, as it is written
  std::string_view value;
};

// The members of an object, the items of an array (without names). Only quotes and brackets are looked at: nothing
// where these do not fit together.
std::optional<std::vector<Slice>> members_of(std::string_view object);
std::optional<std::vector<Slice>> items_of(std::string_view array);

}  // namespace certes::registry
