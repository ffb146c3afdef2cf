#pragma once
// Members of a job as they stand in JSON, for who stores them and for who is asked for one. Internal to the registry
// and the Master API, as Fields is.

#include "common/registry/json.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

inline constexpr double kMostJobRate = 1e6;

inline constexpr std::size_t kMostJobIds = 1'000;

// "filter", "priority": where they are there. The filter's members, of which each kind of job has its own, may stand
// beside the rest, too.
void read_filter(Fields& fields, JobFilter& filter, JobKind kind);
void read_filter_members(Fields& fields, JobFilter& filter, JobKind kind);
void read_priority(Fields& fields, std::optional<Priority>& priority);

}  // namespace certes::registry
