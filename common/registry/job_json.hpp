#pragma once
// Members of a job as they stand in JSON, for who stores them and for who is asked for one. Internal to the registry
// and the Master API, as Fields is.

#include "common/registry/json.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

inline constexpr double kMostJobRate = 1e6;

// "filter", "priority": where they are there.
void read_filter(Fields& fields, JobFilter& filter);
void read_priority(Fields& fields, std::optional<Priority>& priority);

}  // namespace certes::registry
