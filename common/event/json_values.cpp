#include "common/event/json_values.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <set>
#include <vector>

#include "common/event/json_parts.hpp"

namespace certes::event {
namespace {

using simdjson::dom::element_type;

std::uint64_t mixed(std::uint64_t seed, std::uint64_t value) {
  seed = (seed ^ value) * 0x9e3779b97f4a7c15u;
  return seed ^ (seed >> 32);
}

std::size_t binary_steps(std::size_t count) { return static_cast<std::size_t>(std::bit_width(count)); }

std::uint64_t hash_of_number(double number) { return mixed(2, std::bit_cast<std::uint64_t>(number + 0.0)); }

std::uint64_t hash_of_array(simdjson::dom::array array, schema::Budget& budget) {
  std::uint64_t hash = 3;
  for (const auto item : array) {
    if (budget.exhausted()) break;
    hash = mixed(hash, hash_of(item, budget));
  }
  return hash;
}

std::uint64_t hash_of_object(simdjson::dom::object object, schema::Budget& budget) {
  std::uint64_t sum = 0;
  for (const auto field : object) {
    if (budget.exhausted()) break;
    sum += mixed(hash_of(field.key, budget), hash_of(field.value, budget));
  }
  return mixed(4, sum);
}

bool equal_numbers(JsonElement a, JsonElement b) {
  std::int64_t left = 0, right = 0;
  std::uint64_t large_left = 0, large_right = 0;
  if (!a.get(left) && !b.get(right) && a.is_int64() && b.is_int64()) return left == right;
  if (a.is_uint64() && b.is_uint64() && !a.get(large_left) && !b.get(large_right)) return large_left == large_right;
  return as_double(a) == as_double(b);
}

bool equal_arrays(simdjson::dom::array a, simdjson::dom::array b, schema::Budget& budget) {
  if (a.size() != b.size()) return false;
  auto other = b.begin();
  for (const auto item : a) {
    if (!equal(item, *other, budget)) return false;
    ++other;
  }
  return true;
}

bool equal_objects(simdjson::dom::object a, simdjson::dom::object b, schema::Budget& budget) {
  if (a.size() != b.size()) return false;
  for (const auto field : a) {
    JsonElement other;
    if (!budget.spend(b.size() / 4) || b.at_key(field.key).get(other)) return false;
    if (!equal(field.value, other, budget)) return false;
  }
  return true;
}

// Where a value stands, while its members are looked at.
struct Step {
  const Step* up = nullptr;
  std::string_view name = {};
  std::optional<std::size_t> index = std::nullopt;

  std::string pointer() const {
    if (up == nullptr) return {};
    return index ? up->pointer() + "/" + std::to_string(*index) : pointer_to(up->pointer(), name);
  }
};

class Names {
 public:
  explicit Names(schema::Budget& budget) : budget_(budget) {}

  std::optional<std::string> find_twice(JsonElement value, const Step& at) {
    simdjson::dom::array array;
    simdjson::dom::object object;
    if (!value.get(array)) return in_array(array, at);
    return value.get(object) ? std::nullopt : in_object(object, at);
  }

 private:
  std::optional<std::string> in_array(simdjson::dom::array array, const Step& at) {
    if (!budget_.spend(1 + array.size() / 8)) return std::nullopt;
    std::size_t index = 0;
    for (const auto item : array) {
      if (item.is_array() || item.is_object())
        if (auto found = find_twice(item, {&at, {}, index})) return found;
      ++index;
    }
    return std::nullopt;
  }

  std::optional<std::string> in_object(simdjson::dom::object object, const Step& at) {
    if (auto name = twice_among(object)) return pointer_to(at.pointer(), *name);
    for (const auto field : object)
      if (field.value.is_array() || field.value.is_object())
        if (auto found = find_twice(field.value, {&at, field.key})) return found;
    return std::nullopt;
  }

  std::optional<std::string_view> twice_among(simdjson::dom::object object) {
    constexpr std::size_t kFew = 16;
    std::array<std::string_view, kFew> few;
    std::set<std::string_view> many;
    std::size_t count = 0;
    for (const auto field : object) {
      // Names that begin alike are compared along all that they have in common.
      const std::size_t compared = std::min(count, kFew) / 8 + binary_steps(many.size()) / 4;
      if (!budget_.spend(1 + compared + (1 + compared) * field.key.size() / 64)) return std::nullopt;
      auto* const end = few.data() + std::min(count, kFew);
      if (std::find(few.data(), end, field.key) != end) return field.key;
      if (count < kFew)
        few[count] = field.key;
      else if (!many.insert(field.key).second)
        return field.key;
      ++count;
    }
    return std::nullopt;
  }

  schema::Budget& budget_;
};

}  // namespace

bool is_number(JsonElement value) { return value.is_int64() || value.is_uint64() || value.is_double(); }

double as_double(JsonElement number) {
  double value = 0;
  return number.get(value) ? 0 : value;
}

std::optional<std::int64_t> as_whole(JsonElement number) {
  std::int64_t whole = 0;
  double value = 0;
  if (!number.get(whole)) return whole;
  if (!number.is_double() || number.get(value) || std::floor(value) != value || std::fabs(value) >= 9.2e18)
    return std::nullopt;
  return static_cast<std::int64_t>(value);
}

std::uint64_t hash_of(std::string_view text, schema::Budget& budget) {
  return budget.spend(1 + text.size() / 64) ? mixed(1, std::hash<std::string_view>()(text)) : 0;
}

std::uint64_t hash_of(JsonElement value, schema::Budget& budget) {
  if (!budget.spend()) return 0;
  switch (value.type()) {
    case element_type::ARRAY: return hash_of_array(simdjson::dom::array(value), budget);
    case element_type::OBJECT: return hash_of_object(simdjson::dom::object(value), budget);
    case element_type::STRING: return hash_of(std::string_view(value), budget);
    case element_type::BOOL: return mixed(5, bool(value) ? 1 : 0);
    case element_type::NULL_VALUE: return mixed(6, 0);
    default: return hash_of_number(as_double(value));
  }
}

bool equal(JsonElement a, JsonElement b, schema::Budget& budget) {
  if (!budget.spend()) return false;
  if (is_number(a) || is_number(b)) return is_number(a) && is_number(b) && equal_numbers(a, b);
  if (a.type() != b.type()) return false;
  switch (a.type()) {
    case element_type::ARRAY: return equal_arrays(simdjson::dom::array(a), simdjson::dom::array(b), budget);
    case element_type::OBJECT: return equal_objects(simdjson::dom::object(a), simdjson::dom::object(b), budget);
    case element_type::BOOL: return bool(a) == bool(b);
    case element_type::STRING: {
      const std::string_view left(a), right(b);
      return budget.spend(left.size() / 64) && left == right;
    }
    default: return true;
  }
}

bool holds_one_twice(simdjson::dom::array array, schema::Budget& budget) {
  std::vector<std::pair<std::uint64_t, JsonElement>> items;
  for (const auto item : array) {
    items.emplace_back(hash_of(item, budget), item);
    if (budget.exhausted()) return false;
  }
  if (!budget.spend(items.size() * binary_steps(items.size()) / 32)) return false;
  std::ranges::sort(items, {}, [](const auto& item) { return item.first; });
  for (std::size_t i = 0; i < items.size(); ++i)
    for (std::size_t j = i + 1; j < items.size() && items[j].first == items[i].first; ++j) {
      if (equal(items[i].second, items[j].second, budget)) return true;
      if (budget.exhausted()) return false;
    }
  return false;
}

std::optional<std::string> member_twice(JsonElement value, schema::Budget& budget) {
  return Names(budget).find_twice(value, {});
}

}  // namespace certes::event
