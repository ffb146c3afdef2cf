#pragma once
// The formats of JSON Schema that are checked, and whether a number is a multiple of another. Who: schema, the
// validator. Pure functions, any thread.

#include <string_view>

namespace certes::schema {

// date-time, date, time (RFC 3339), uuid, email, ipv4, ipv6, uri.
bool known_format(std::string_view name);
// Precondition: a known one.
bool has_format(std::string_view name, std::string_view text);

// Within the precision of doubles: 0.07 is a multiple of 0.01.
bool is_multiple(double value, double divisor);

}  // namespace certes::schema
