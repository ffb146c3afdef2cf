#pragma once
// A record of `events` as one CloudEvent in JSON (CloudEvents JSON event format 1.0). Attributes are the record's ce_*
// headers; `certesid` is Certes' own id. The payload: as it is where its content type is JSON and it is JSON; as a
// string where it is text; else `data_base64`. Who: gateway/stream. Confined to one thread with its JsonDocument.

#include <string>
#include <string_view>

#include "common/event/json_document.hpp"
#include "common/log/record.hpp"

namespace certes::event {

void append_structured(std::string& out, const log::Headers& headers, std::string_view payload, JsonDocument& document);

// Text as a JSON string, with its quotes. Bytes that are no UTF-8 become U+FFFD.
void append_json_string(std::string& out, std::string_view text);

}  // namespace certes::event
