#pragma once
// What waits, and since when, as JSON. Who: the answers about one endpoint and about all. Pure.

#include <array>

#include "common/questions/endpoint_stats.hpp"
#include "common/registry/json.hpp"

namespace certes::api {

registry::OrderedJson time_json(UnixMillis at);                    // null: 0
registry::OrderedJson oldest_json(UnixMillis at, UnixMillis now);  // with its age; null: 0
// All, and each class.
registry::OrderedJson waiting_json(const std::array<questions::ClassWaiting, registry::kPriorities>& classes,
                                   UnixMillis now);

}  // namespace certes::api
