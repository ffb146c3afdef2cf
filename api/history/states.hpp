#pragma once
// How what the records say becomes the state of a delivery, and of an event. Records may come in any order (history is
// read forwards and backwards at once) and more than once: the same in the end. Who: the index. Pure.

#include <cstdint>
#include <span>
#include <vector>

#include "api/history/rows.hpp"

namespace certes::api::history {

// Takes what another record says of the same delivery: an end stands, and else what was written last.
void merge(DeliveryRow& known, const DeliveryRow& told);

// Of the event's own tenant's deliveries. An event that has more of them than are known is open.
EventState state_of(std::span<const DeliveryRow> deliveries);

}  // namespace certes::api::history
