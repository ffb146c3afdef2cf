#pragma once
// JSON Schemas of event types: which are understood, and which may be declared.
// docs/event-types.md lists the keywords. A schema is JSON text, and an object at its root. Who: the Master API, when a
// type is declared; ingest, when it prepares one. Pure functions, any thread.

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace certes::schema {

// More schemas than this never apply to one value, nor more references lead from one to the next.
inline constexpr std::size_t kMostInPlace = 10'000, kMostReferences = 32;
inline constexpr std::size_t kMaxSchemaDepth = 64;
// Of all patterns of a schema, as RE2 compiles them.
inline constexpr std::size_t kMostInstructions = 20'000;

// Whether all that the schema says can be decided: keywords that are known, `$ref` within the schema, patterns as RE2
// takes them. Error: invalid, with a pointer into the schema.
Result<void> check_understood(std::string_view json);
// The same, and that deciding it is bounded: for schemas that are declared, never for stored ones.
Result<void> check_schema(std::string_view json);

}  // namespace certes::schema
