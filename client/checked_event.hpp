#pragma once
// What a program wants to publish, checked as the gateway will check it. Who: Producer. Pure.

#include "client/producer.hpp"
#include "common/event/event.hpp"

namespace certes::client {

// Errors: invalid, with the member's name as pointer ("/type"); too_large. An id and a time that are absent stay so.
Result<event::Event> checked_event(ProducerEvent&& given, std::size_t max_bytes);

}  // namespace certes::client
