#pragma once
// Events that nobody received: the last of their dead letters says so, and a repeat of them is delivered again
// (common/event/redelivery.hpp). Who: recorder and intake. Confined to the core loop.

#include <string_view>

#include "dispatcher/book/delivery.hpp"

namespace certes::dispatcher {

// A delivery to that endpoint (empty: to none) has come to its end, now or before.
void note_end(OpenRecord& open, bool dead_lettered, std::string_view endpoint);

// What the dead letter of this delivery, whose end is decided, says: the endpoints of all; nothing, if it is not the
// last of its event, someone has received it, or no repeat of it would be known for one.
std::string_view undelivered(const Delivery& delivery);

}  // namespace certes::dispatcher
