#pragma once
// Whether one version of a schema may follow another. Sound: what is said to be compatible is. What cannot be decided
// is refused, with the reason. Who: the Master API. Pure functions, any thread.

#include <string_view>

#include "common/base/result.hpp"

namespace certes::schema {

// An empty text stands for no schema: any data. Precondition: check_schema(older) and (newer).
// Error: invalid, with a pointer into the newer schema.

// Everything that `older` accepts is accepted by `newer`: what reads by the newer one understands old events.
Result<void> check_backward(std::string_view older, std::string_view newer);
// Everything that `newer` accepts is accepted by `older`: what reads by the older one understands new events.
Result<void> check_forward(std::string_view older, std::string_view newer);

}  // namespace certes::schema
