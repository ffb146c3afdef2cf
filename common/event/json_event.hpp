#pragma once
// Events as plain JSON: {"type","data","id"?,"source"?,"subject"?,"time"?,"partition_key"?,"conversation_id"?,
// "cause_id"?}, or an array of these. The whole text is checked; `data` is carried as the bytes that were sent.
// Who: gateway/ingest. Confined to one thread with its JsonDocument.

#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/event/event.hpp"
#include "common/event/json_document.hpp"

namespace certes::event {

struct Incoming {
  std::vector<Event> events;  // `id`, `conversation_id` and an absent `source` or `client_id` are the caller's to fill
  bool batch = false;         // it was an array
};

// Fills `out` afresh. Errors: invalid with a JSON pointer ("/typ", in arrays "/3/typ"); too_large above `max_events`.
Result<void> read_plain_json(JsonDocument& document, std::string_view body, std::size_t max_events, Incoming& out);

}  // namespace certes::event
