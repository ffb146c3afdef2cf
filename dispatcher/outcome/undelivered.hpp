#pragma once
// Events that nobody received: the last of their dead letters says so, and a repeat of them is delivered again
// (common/event/redelivery.hpp). Who: recorder. Confined to the core loop.

#include <string>
#include <string_view>

#include "dispatcher/book/delivery.hpp"
#include "dispatcher/book/open_index.hpp"

namespace certes::dispatcher {

// A delivery to that endpoint (empty: to none) comes to its end now: the index will know of it.
void note_end(LoadedRecord& record, bool dead_lettered, std::string_view endpoint);

// What the dead letter of this delivery, whose end is decided, says: the endpoints of all; nothing, if it is not the
// last of its event, someone has received it, or no repeat of it would be known for one. With commas between.
std::string undelivered_of(const Delivery& delivery, const book::OpenIndex& index);

}  // namespace certes::dispatcher
