#pragma once
// A record of `events` as one CloudEvent in JSON (CloudEvents JSON event format 1.0). Attributes are the record's ce_*
// headers; `certesid` is Certes' own id. The payload: as it is where its content type is JSON and it is JSON; as a
// string where it is text; else `data_base64`. Who: gateway/stream,
// the dispatcher. Confined to one thread with its JsonDocument.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/event/json_document.hpp"
#include "common/log/record.hpp"

namespace certes::event {

// How much of it. received: with what an endpoint would get besides: `certesheaders` (those of the provider that its
// source forwards: an object), `certesquery`, `certeshops`, and `certesbytes`, base64, the payload where `data` is no
// copy of it: JSON that stands in `data` and begins or ends with a space or has a CR, and text that calls itself JSON.
enum class Detail : std::uint8_t { event, received };

void append_structured(std::string& out, const log::Headers& headers, std::string_view payload, JsonDocument& document,
                       Detail detail = Detail::event);

// {"type","timestamp","data"}, as Standard Webhooks would have a payload: the event's type and time, and the payload as
// above.
void append_standard(std::string& out, const log::Headers& headers, std::string_view payload, JsonDocument& document);

// Text as a JSON string, with its quotes. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace certes::event
