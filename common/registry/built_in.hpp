#pragma once
// What is there without being declared: the types of the events about Certes, in the default tenant, whose types all
// tenants see. It stands in no log, and is nobody's to change. Who: catalogue, the Master API. Pure; any thread.

#include <memory>
#include <string_view>
#include <vector>

#include "common/registry/resources.hpp"

namespace certes::registry {

const std::vector<std::shared_ptr<const EventType>>& built_in_types();
// `kind`: "event-types".
bool is_built_in(std::string_view tenant, std::string_view kind, std::string_view id);

}  // namespace certes::registry
