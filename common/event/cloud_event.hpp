#pragma once
// Events as CloudEvents 1.0 over HTTP: structured (application/cloudevents+json), batch and binary (ce-* headers).
// Who: gateway/ingest. Confined to one thread with its JsonDocument.

#include <string_view>
#include <vector>

#include "common/base/result.hpp"
#include "common/event/event.hpp"
#include "common/event/json_event.hpp"

namespace certes::event {

// Fill `out` afresh. Errors: invalid with a JSON pointer ("/specversion", in batches "/3/specversion"); too_large
// above `max_events`.
Result<void> read_cloud_event(JsonDocument& document, std::string_view body, Incoming& out);
Result<void> read_cloud_event_batch(JsonDocument& document, std::string_view body, std::size_t max_events,
                                    Incoming& out);

struct AttributeHeader {
  std::string_view name;  // ce-id, in any case
  std::string_view value;
};
// Error: invalid, with the header's name as its pointer.
Result<void> read_binary_cloud_event(const std::vector<AttributeHeader>& ce_headers, std::string_view content_type,
                                     std::string_view body, Incoming& out);

}  // namespace certes::event
