#pragma once
// What the settings mean for the parts that the core loop drives. Who: CoreLoop. Pure functions.

#include "dispatcher/core.hpp"
#include "dispatcher/dispatcher.hpp"
#include "dispatcher/ownership/owner.hpp"

namespace certes::dispatcher {

CoreOptions core_options(const Dependencies& dependencies);
OwnerOptions owner_options(const Dependencies& dependencies);
http::SenderOptions sender_options(const config::DispatcherSettings& settings);

}  // namespace certes::dispatcher
