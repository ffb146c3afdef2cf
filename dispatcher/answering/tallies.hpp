#pragma once
// Tallies: what has been delivered, and tried, since the process started, for each tenant. Who: recorder and intake
// count, the informant says. Confined to the core loop.

#include "common/questions/by_tenant.hpp"
#include "common/questions/overview.hpp"

namespace certes::dispatcher {

using Tallies = questions::ByTenant<questions::Delivering>;

}  // namespace certes::dispatcher
