#pragma once
// Purges and retries as they stand in records of the registry topic. Internal to the registry. Pure.
//   {"at"?,"by"?,"offset"?,"before"?,"classes"?:[PRIORITY],"pattern"?}, {"at"?,"by"?,"since"?}: times in milliseconds
//   since 1970; "at", "by" and "offset" once the change that asks has been decided.

#include "common/registry/asked.hpp"
#include "common/registry/json.hpp"

namespace certes::registry {

OrderedJson json_of(const Purge& purge);
OrderedJson json_of(const Retry& retry);
// What is no such object throws: its record is foreign.
Purge purge_of(const Json& json);
Retry retry_of(const Json& json);

}  // namespace certes::registry
