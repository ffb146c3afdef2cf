#pragma once
// Whether anybody would get an event about Certes: so that none is published for nobody. Who: the gateway; the
// dispatcher asks its router. Takes as long as the tenant's and the default tenant's subscriptions are many. Pure; any
// thread.

#include <string_view>

#include "common/registry/resources.hpp"

namespace certes::registry {

// `tenant`: whose event it is. Precondition: the first word of the type is certes.
bool has_taker(const State& state, std::string_view tenant, std::string_view type);

}  // namespace certes::registry
