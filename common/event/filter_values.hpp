#pragma once
// FilterValue: a value while a filter is evaluated: what stands in the event, as it stands there, or what was computed.
// Inside common/event only. Plain values; what they view is the event's, the program's or the evaluation's.

#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "common/event/filter.hpp"
#include "common/event/json_values.hpp"

namespace certes::event {

struct FilterEntry;

struct FilterValue {
  // array, object: of the payload. list: computed. table: a map of the event's attributes and the like, or computed.
  enum class Kind : std::uint8_t { failed, missing, null, boolean, integer, real, text, array, object, list, table };
  struct Texts {
    const char* data;
    std::size_t size;
  };
  struct Items {
    const FilterValue* first;
    std::size_t count;
  };
  struct Entries {
    const FilterEntry* first;
    std::size_t count;
  };

  Kind kind = Kind::missing;
  union {
    FilterFailure failure;
    bool boolean;
    std::int64_t integer = 0;
    double real;
    Texts text;
    Items items;
    Entries entries;
    JsonElement element;
  };

  FilterValue() {}
  explicit FilterValue(Kind of) : kind(of) {}
  explicit FilterValue(const FilterFailure& of) : kind(Kind::failed), failure(of) {}
  explicit FilterValue(bool of) : kind(Kind::boolean), boolean(of) {}
  explicit FilterValue(std::int64_t of) : kind(Kind::integer), integer(of) {}
  explicit FilterValue(double of) : kind(Kind::real), real(of) {}
  explicit FilterValue(std::string_view of) : kind(Kind::text), text{of.data(), of.size()} {}
  explicit FilterValue(Items of) : kind(Kind::list), items(of) {}
  explicit FilterValue(Entries of) : kind(Kind::table), entries(of) {}
  // Numbers that do not fit an int are doubles.
  static FilterValue of(JsonElement element);

  bool failed() const { return kind == Kind::failed; }
  bool is(bool value) const { return kind == Kind::boolean && boolean == value; }
  bool is_number() const { return kind == Kind::integer || kind == Kind::real; }
  bool is_list() const { return kind == Kind::array || kind == Kind::list; }
  bool is_map() const { return kind == Kind::object || kind == Kind::table; }
  std::string_view view() const { return {text.data, text.size}; }
  double number() const { return kind == Kind::integer ? static_cast<double>(integer) : real; }
  filter::Type type() const;
};

struct FilterEntry {
  std::string_view name;
  FilterValue value;
};

std::size_t count_of(const FilterValue& list_or_map);

// Calls on_item(value) for the items of a list, or for the names of a map, until it gives false.
template <class OnItem>
void each_item_of(const FilterValue& range, OnItem on_item) {
  if (range.kind == FilterValue::Kind::array) {
    for (const auto item : simdjson::dom::array(range.element))
      if (!on_item(FilterValue::of(item))) return;
  } else if (range.kind == FilterValue::Kind::list) {
    for (std::size_t i = 0; i < range.items.count; ++i)
      if (!on_item(range.items.first[i])) return;
  } else if (range.kind == FilterValue::Kind::object) {
    for (const auto field : simdjson::dom::object(range.element))
      if (!on_item(FilterValue(field.key))) return;
  } else if (range.kind == FilterValue::Kind::table) {
    for (std::size_t i = 0; i < range.entries.count; ++i)
      if (!on_item(FilterValue(range.entries.first[i].name))) return;
  }
}

// Of a map: missing; failed where it stands there twice.
FilterValue member_of(const FilterValue& map, std::string_view name);

// As cel-go compares: what is of different types is not equal, and ints equal doubles by their value as a double. What
// it takes counts against the budget.
bool equal_values(const FilterValue& a, const FilterValue& b, schema::Budget& budget);
// Below, at or above 0. Precondition: both numbers and none of them not a number, both texts, or both booleans.
int order_of(const FilterValue& a, const FilterValue& b);

}  // namespace certes::event
