#pragma once
// Names of deliveries and events that every process makes alike. Who: core. Pure functions, any thread.

#include <string>
#include <string_view>

#include "common/event/event.hpp"

namespace certes::dispatcher {

// "dlv_" + 32 hex digits: the same for the same event, endpoint and replay (empty: none), in every process.
std::string delivery_id(std::string_view event_id, std::string_view endpoint_id, std::string_view replay);

// The same of a record, whose id is `event_id`, to an endpoint of the tenant `home`. Where that is not the event's own
// tenant, it is another than that of the tenant's endpoint of the same id.
std::string delivery_id(const log::StoredRecord& event, std::string_view event_id, std::string_view home,
                        std::string_view endpoint_id);

// The event's id as endpoints see it: certes-id, or for foreign records, which have none, one made of tenant, source
// and id. Never holds a '.', which Standard Webhooks forbids.
std::string event_id(const event::EventView& view);
// Precondition: event::view accepts the record.
std::string event_id(const log::StoredRecord& record);

}  // namespace certes::dispatcher
