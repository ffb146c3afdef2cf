#pragma once
// An event as it is spooled and sent, and several as one request. Who: Producer, Relay, Pipeline. Pure, any thread.
//
// Plain events go as Certes' plain JSON; CloudEvents as structured JSON where their data is JSON and small, else in
// binary mode with the data byte for byte. JSON ones can go together in one request.

#include <string>
#include <string_view>
#include <vector>

#include "client/spool/item.hpp"
#include "common/event/event.hpp"

namespace certes::client {

// `event` is valid (common/event has read or checked it) and has a client_id. What is without a source, or has
// neither extensions nor a traceparent nor data that is no JSON, goes as a plain event.
Item item_of(event::Event&& event);

// The content type and body of a request with these, which are all of one form that is JSON.
std::string_view content_type_of(Form form, bool batch);
std::string joined_bodies(const std::vector<Item>& items);

}  // namespace certes::client
