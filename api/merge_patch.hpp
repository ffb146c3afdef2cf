#pragma once
// JSON Merge Patch (RFC 7396) of a resource, but for members that are values: a schema, a filter or a transform is
// replaced whole, as null inside it means something; and those of which null is a value: an endpoint's breaker. Who:
// PATCH of the Master API. Pure, any thread.

#include "common/registry/json.hpp"

namespace certes::api {

void merge_patch(registry::Json& resource, const registry::Json& patch);

// Unknown members cannot be changed, hence not taken out one by one either. Error: invalid, `merged` lacks one that is
// `stored`; with its pointer.
Result<void> keeps_all(const registry::Json& stored, const registry::Json& merged, const std::string& at = {});

}  // namespace certes::api
