#pragma once
// What must hold of every event that was accepted, whatever form it came in. Who: the fuzz targets that read events.
// One thread.

#include <utility>

#include "common/event/event.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace certes::fuzz {

// Its attributes are valid, and its record reads back as the same event.
inline void check_event(event::Event&& event) {
  require(event::valid_type(event.type), "an accepted event has a valid type");
  require(event.client_id.size() <= event::kMaxClientIdBytes, "an accepted event has an id within its limit");
  event.id = "evt_01JZZZZZZZZZZZZZZZZZZZZZZZ";
  if (event.client_id.empty()) event.client_id = event.id;
  if (event.source.empty()) event.source = "fuzz";
  if (event.conversation_id.empty()) event.conversation_id = event.id;
  const event::Event copy = event;
  log::Record record = event::to_record(std::move(event));
  require(record.value == copy.data, "the payload is carried byte for byte");
  log::StoredRecord stored;
  stored.headers = record.headers;
  const auto read = event::view(stored);
  require(read.has_value(), "an accepted event's record reads back");
  require(read->type == copy.type && read->source == copy.source && read->client_id == copy.client_id,
          "an accepted event's record reads back the same");
}

}  // namespace certes::fuzz
