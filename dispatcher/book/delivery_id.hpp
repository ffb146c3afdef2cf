#pragma once
// Names of deliveries that every process makes alike, beside those of events (common/event/event_id.hpp). Who: core.
// Pure functions, any thread.

#include <string>
#include <string_view>

#include "common/event/event_id.hpp"

namespace certes::dispatcher {

// "dlv_" + 32 hex digits: the same for the same event, endpoint and replay (empty: none), in every process.
std::string delivery_id(std::string_view event_id, std::string_view endpoint_id, std::string_view replay);

// The same of a record, whose id is `event_id`, to an endpoint of the tenant `home`. Where that is not the event's own
// tenant, it is another than that of the tenant's endpoint of the same id.
std::string delivery_id(const log::StoredRecord& event, std::string_view event_id, std::string_view home,
                        std::string_view endpoint_id);

using event::event_id;

}  // namespace certes::dispatcher
