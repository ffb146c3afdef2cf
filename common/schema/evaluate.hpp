#pragma once
// Whether a schema accepts one value: for the literals of schemas that are compared, not for events. Internal to
// common/schema. Pure.

#include "common/schema/facts.hpp"

namespace certes::schema {

// `unknown` too where it would take too long.
enum class Truth : std::uint8_t { no, unknown, yes };

Truth evaluate(const Node& node, const Json& value);

}  // namespace certes::schema
