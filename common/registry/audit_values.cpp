#include "common/registry/audit_values.hpp"

#include <algorithm>

#include "common/registry/kinds.hpp"
#include "common/registry/stored_json.hpp"

namespace certes::registry {
namespace {

OrderedJson shown_members(const Entry* entry) {
  OrderedJson shown = OrderedJson::object();
  if (entry == nullptr) return shown;
  with_kind(entry->kind, [&](auto type) {
    using T = typename decltype(type)::type;
    if (const auto resource = read_stored<T>(*entry)) write_members(shown, *resource, false);
  });
  return shown;
}

const OrderedJson* at_pointer(const OrderedJson& json, const std::string& pointer) {
  const OrderedJson* place = &json;
  for (const std::string& step : pointer_steps(pointer)) {
    if (!place->is_object()) return nullptr;
    const auto it = place->find(step);
    if (it == place->end()) return nullptr;
    place = &*it;
  }
  return place;
}

// One side of an entry, within its bounds.
class Side {
 public:
  void add(const std::string& pointer, const OrderedJson* value, std::vector<std::string>& omitted) {
    if (value == nullptr) return;
    const std::size_t bytes = value->dump(-1, ' ', false, OrderedJson::error_handler_t::replace).size();
    if (bytes <= kLongestValue && bytes_ + bytes <= kMostValueBytes) {
      bytes_ += bytes;
      values_[pointer] = *value;
    } else if (std::ranges::count(omitted, pointer) == 0) {
      omitted.push_back(pointer);
    }
  }
  std::string text() const {
    return values_.empty() ? "" : values_.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  }

 private:
  OrderedJson values_ = OrderedJson::object();
  std::size_t bytes_ = 0;
};

}  // namespace

AuditValues audit_values(const Entry* before, const Entry* after, const std::vector<std::string>& members) {
  const OrderedJson was = shown_members(before), is = shown_members(after);
  std::vector<std::string> all;
  if (before == nullptr || after == nullptr)
    for (const auto& [name, value] : (before == nullptr ? is : was).items()) all.push_back(pointer_step(name));
  return audit_values(was, is, all.empty() ? members : all);
}

AuditValues audit_values(const OrderedJson& before, const OrderedJson& after, const std::vector<std::string>& members) {
  Side left, right;
  AuditValues values;
  for (const std::string& pointer : members) {
    const OrderedJson* const one = at_pointer(before, pointer);
    const OrderedJson* const other = at_pointer(after, pointer);
    if (one != nullptr && other != nullptr && *one == *other) continue;
    left.add(pointer, one, values.omitted);
    right.add(pointer, other, values.omitted);
  }
  values.before = left.text();
  values.after = right.text();
  return values;
}

}  // namespace certes::registry
