#include "common/event/filter_values.hpp"

#include <limits>

namespace certes::event {
namespace {

using simdjson::dom::element_type;
using ValueKind = FilterValue::Kind;

template <class T>
int compared(T a, T b) {
  return a < b ? -1 : a > b ? 1 : 0;
}

// The bounds as doubles, the upper one rounded to 2^63, as in cel-go.
int compared(double real, std::int64_t integer) {
  constexpr double kLeast = -0x1p63, kMost = 0x1p63;
  return real < kLeast ? -1 : real > kMost ? 1 : compared(real, static_cast<double>(integer));
}

FilterValue item_at(const FilterValue& list, std::size_t at) {
  if (list.kind == ValueKind::list) return list.items.first[at];
  FilterValue found;
  std::size_t index = 0;
  each_item_of(list, [&](const FilterValue& item) {
    if (index == at) found = item;
    return index++ != at;
  });
  return found;
}

bool equal_number_values(const FilterValue& a, const FilterValue& b) {
  if (a.kind == ValueKind::integer && b.kind == ValueKind::integer) return a.integer == b.integer;
  if (a.kind == ValueKind::real && b.kind == ValueKind::real) return a.real == b.real;
  const FilterValue& real = a.kind == ValueKind::real ? a : b;
  return real.real == real.real && order_of(a, b) == 0;
}

bool equal_lists(const FilterValue& a, const FilterValue& b, schema::Budget& budget) {
  if (count_of(a) != count_of(b)) return false;
  if (a.kind == ValueKind::array && b.kind == ValueKind::array) {
    auto other = simdjson::dom::array(b.element).begin();
    for (const auto item : simdjson::dom::array(a.element)) {
      if (!equal_values(FilterValue::of(item), FilterValue::of(*other), budget)) return false;
      ++other;
    }
    return true;
  }
  const FilterValue& listed = a.kind == ValueKind::list ? a : b;
  const FilterValue& other = a.kind == ValueKind::list ? b : a;
  bool equal = true;
  std::size_t index = 0;
  each_item_of(other,
               [&](const FilterValue& item) { return equal = equal_values(item_at(listed, index++), item, budget); });
  return equal;
}

bool equal_maps(const FilterValue& a, const FilterValue& b, schema::Budget& budget) {
  if (count_of(a) != count_of(b)) return false;
  bool equal = true;
  each_item_of(a, [&](const FilterValue& name) {
    if (!budget.spend(1 + count_of(b) / 4)) return equal = false;
    const FilterValue other = member_of(b, name.view());
    equal = other.kind != ValueKind::missing && equal_values(member_of(a, name.view()), other, budget);
    return equal;
  });
  return equal;
}

}  // namespace

FilterValue FilterValue::of(JsonElement element) {
  switch (element.type()) {
    case element_type::NULL_VALUE: return FilterValue(Kind::null);
    case element_type::BOOL: return FilterValue(bool(element));
    case element_type::INT64: return FilterValue(std::int64_t(element));
    case element_type::UINT64: return FilterValue(static_cast<double>(std::uint64_t(element)));
    case element_type::DOUBLE: return FilterValue(double(element));
    case element_type::STRING: return FilterValue(std::string_view(element));
    case element_type::ARRAY:
    case element_type::OBJECT: break;
  }
  FilterValue value(element.is_array() ? Kind::array : Kind::object);
  value.element = element;
  return value;
}

filter::Type FilterValue::type() const {
  switch (kind) {
    case Kind::failed:
    case Kind::missing: return filter::Type::any;
    case Kind::null: return filter::Type::null;
    case Kind::boolean: return filter::Type::boolean;
    case Kind::integer: return filter::Type::integer;
    case Kind::real: return filter::Type::real;
    case Kind::text: return filter::Type::text;
    case Kind::array:
    case Kind::list: return filter::Type::list;
    case Kind::object:
    case Kind::table: break;
  }
  return filter::Type::map;
}

std::size_t count_of(const FilterValue& list_or_map) {
  constexpr std::size_t kSaturated = 0xFFFFFF;  // simdjson counts so far
  std::size_t count = 0;
  switch (list_or_map.kind) {
    case ValueKind::list: return list_or_map.items.count;
    case ValueKind::table: return list_or_map.entries.count;
    case ValueKind::array: count = simdjson::dom::array(list_or_map.element).size(); break;
    default: count = simdjson::dom::object(list_or_map.element).size(); break;
  }
  if (count < kSaturated) return count;
  count = 0;
  each_item_of(list_or_map, [&](const FilterValue&) { return ++count != 0; });
  return count;
}

FilterValue member_of(const FilterValue& map, std::string_view name) {
  if (map.kind == ValueKind::table) {
    for (std::size_t i = 0; i < map.entries.count; ++i)
      if (map.entries.first[i].name == name) return map.entries.first[i].value;
    return {};
  }
  JsonElement found;
  int count = 0;
  for (const auto field : simdjson::dom::object(map.element))
    if (field.key == name && count++ == 0) found = field.value;
  if (count > 1) return FilterValue(FilterFailure{FilterFailure::Why::member_twice});
  return count == 0 ? FilterValue() : FilterValue::of(found);
}

bool equal_values(const FilterValue& a, const FilterValue& b, schema::Budget& budget) {
  if (!budget.spend()) return false;
  if (a.is_number() && b.is_number()) return equal_number_values(a, b);
  if (a.is_list() && b.is_list()) return equal_lists(a, b, budget);
  if (a.is_map() && b.is_map()) return equal_maps(a, b, budget);
  if (a.kind != b.kind) return false;
  switch (a.kind) {
    case ValueKind::null: return true;
    case ValueKind::boolean: return a.boolean == b.boolean;
    case ValueKind::text: return budget.spend(a.text.size / 64) && a.view() == b.view();
    default: return false;
  }
}

int order_of(const FilterValue& a, const FilterValue& b) {
  if (a.kind == ValueKind::text) return a.view().compare(b.view());
  if (a.kind == ValueKind::boolean) return compared<int>(a.boolean, b.boolean);
  if (a.kind == ValueKind::integer && b.kind == ValueKind::integer) return compared(a.integer, b.integer);
  if (a.kind == ValueKind::real && b.kind == ValueKind::real) return compared(a.real, b.real);
  return a.kind == ValueKind::real ? compared(a.real, b.integer) : -compared(b.real, a.integer);
}

}  // namespace certes::event
