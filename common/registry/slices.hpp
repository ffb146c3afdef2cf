#pragma once
// Parts of a JSON text as they stand in it, byte for byte, so that what a record carries is kept as it was written,
// whatever it is. Who: the registry's records, the Master API's bulk. Pure; views into the text.

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace certes::registry {

struct Slice {
  std::string_view name;  // between the quotes, as it is written
  std::string_view value;
};

// The members of an object, the items of an array (without names). Only quotes and brackets are looked at: nothing
// where these do not fit together. `most`: where there are more, what comes behind the first of them is not looked at.
inline constexpr std::size_t kAllItems = SIZE_MAX;
std::optional<std::vector<Slice>> members_of(std::string_view object);
std::optional<std::vector<Slice>> items_of(std::string_view array, std::size_t most = kAllItems);

}  // namespace certes::registry
