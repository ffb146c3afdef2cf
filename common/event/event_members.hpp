#pragma once
// What of an event is no payload, by name, as filters and transformations see it. Of a name the first counts, as
// everywhere. Who: both of these. Pure; any thread.

#include <string_view>
#include <utility>
#include <vector>

#include "common/event/event.hpp"
#include "common/log/record.hpp"

namespace certes::event {

// They view the record.
using NamesAndValues = std::vector<std::pair<std::string_view, std::string_view>>;

// id (`evt_…`), tenant, type, source, subject, time, partition_key, and extensions.
NamesAndValues attributes_of(const log::StoredRecord& record, const EventView& view);
// The provider's headers that its source forwards, in small letters.
NamesAndValues forwarded_headers(const log::StoredRecord& record);

}  // namespace certes::event
