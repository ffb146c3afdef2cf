#pragma once
// Values of simdjson's trees as JSON Schema compares them: 1 and 1.0 are equal, members have no order. Inside
// common/event only. What may take long counts against a budget; once that is exhausted, the results mean nothing.

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/schema/budget.hpp"

namespace certes::event {

using JsonElement = simdjson::dom::element;

bool is_number(JsonElement value);
double as_double(JsonElement number);
// With a sign, within 64 bits: 1.0 is one too.
std::optional<std::int64_t> as_whole(JsonElement number);

// The same for equal values.
std::uint64_t hash_of(JsonElement value, schema::Budget& budget);
std::uint64_t hash_of(std::string_view text, schema::Budget& budget);
bool equal(JsonElement a, JsonElement b, schema::Budget& budget);
// Of an array.
bool holds_one_twice(simdjson::dom::array array, schema::Budget& budget);

// The pointer of a member that stands twice in its object.
std::optional<std::string> member_twice(JsonElement value, schema::Budget& budget);

}  // namespace certes::event
