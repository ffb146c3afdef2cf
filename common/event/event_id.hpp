#pragma once
// The name of an event that every process makes alike. Who: dispatchers, history, the operator's commands. Pure
// functions, any thread.

#include <string>

#include "common/event/event.hpp"

namespace certes::event {

// The event's id as endpoints see it: certes-id, or for foreign records, which have none, one made of tenant, source
// and id. Never holds a '.', which Standard Webhooks forbids.
std::string event_id(const EventView& view);
// Precondition: view() accepts the record.
std::string event_id(const log::StoredRecord& record);

}  // namespace certes::event
