#pragma once
// The request of one attempt: what an endpoint receives (docs/architecture.md). Who: core. Pure: time and randomness
// are passed in.

#include <cstdint>
#include <string_view>

#include "common/base/random.hpp"
#include "common/event/json_document.hpp"
#include "common/http/client/sender.hpp"
#include "common/log/record.hpp"
#include "common/signature/anew.hpp"
#include "common/transform/transform.hpp"
#include "dispatcher/endpoint/target.hpp"

namespace certes::dispatcher {

struct AttemptRequest {
  std::uint64_t id = 0;  // of the transfer
  std::string_view delivery;
  std::string_view event_id;
  std::uint32_t attempt = 1;
  UnixMillis now = 0;
  std::size_t affinity = 0;
  std::string_view url = {};                 // empty: the endpoint's
  std::string_view traceparent = {};         // of this attempt; empty: its span is of no trace of ours
  const transform::Made* made = nullptr;     // in place of the event's own; null: as it came
  std::vector<signature::Header> anew = {};  // in place of what was forwarded under their names
};

// The body stays the record's own bytes, unless the endpoint wants another format, or something was made of it, which
// then stands in that format in place of the payload. Signed anew for each attempt, with a
// span id of its own. `document`: the caller's, to be used again.
http::Transfer build_request(const log::RecordPtr& record, const Target& target, const AttemptRequest& attempt,
                             Random& random, event::JsonDocument& document);

}  // namespace certes::dispatcher
