#include "api/merge_patch.hpp"

#include <algorithm>

namespace certes::api {
namespace {

using registry::Json;

constexpr std::string_view kValues[] = {"schema", "filter", "transform"};
constexpr std::string_view kMayBeNull[] = {"breaker"};

template <std::size_t N>
bool among(const std::string_view (&names)[N], std::string_view name) {
  return std::ranges::find(names, name) != std::end(names);
}

}  // namespace

void merge_patch(Json& resource, const Json& patch) {
  for (const auto& [name, value] : patch.items()) {
    if (value.is_null() && !among(kMayBeNull, name))
      resource.erase(name);
    else if (value.is_null() || among(kValues, name))
      resource[name] = value;
    else
      resource[name].merge_patch(value);
  }
}

Result<void> keeps_all(const Json& stored, const Json& merged, const std::string& at) {
  for (const auto& [name, value] : stored.items()) {
    const std::string pointer = at + registry::pointer_step(name);
    if (!merged.is_object() || !merged.contains(name))
      return fail(Code::invalid, "is not known to this version of Certes, which keeps it", pointer);
    if (value.is_object() && merged.at(name).is_object())
      if (auto ok = keeps_all(value, merged.at(name), pointer); !ok) return ok;
  }
  return {};
}

}  // namespace certes::api
