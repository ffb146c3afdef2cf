#pragma once
// JSON Schemas of event types: which are understood, and in what form the validator (event/json_schema.hpp) takes them.
// docs/event-types.md lists the keywords. A schema is JSON text, and an object at its root. Who: the Master API, when a
// type is declared; ingest, when it prepares one. Pure functions, any thread.

#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace certes::schema {

// Whether all that the schema says can be decided: keywords that are known, `$ref` within the schema, patterns as RE2
// takes them. Error: invalid, with a pointer into the schema.
Result<void> check_schema(std::string_view json);

// The keywords that the validator takes from us, not from its library.
inline constexpr const char* kPattern = "certes:pattern";
inline constexpr const char* kFormat = "certes:format";
inline constexpr const char* kMinLength = "certes:minLength";
inline constexpr const char* kMaxLength = "certes:maxLength";
inline constexpr const char* kMultipleOf = "certes:multipleOf";
inline constexpr const char* kUniqueItems = "certes:uniqueItems";

// The same schema in draft-07's words and the ones above: `$defs`, `prefixItems`, `dependentRequired` … rewritten,
// annotations left out. Error: as check_schema.
Result<std::string> normal_form(std::string_view json);

}  // namespace certes::schema
