#pragma once
// The answers of the ingest listener. Who: ingest. Pure, any thread.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/error.hpp"
#include "common/http/server/server.hpp"

namespace certes::gateway::ingest {

// As gateway/access/problem.hpp has it, but that timeout is outcome-unknown here, where something is to be stored.
http::Response answer(const Error& error);
// The same; 401 asks for the name and password of this source (RFC 7617) instead of a key.
http::Response answer_of_basic(const Error& error, std::string_view source);
http::Response not_accepted(std::string_view why);
http::Response not_accepted(std::string_view why, int retry_after_seconds);
http::Response outcome_unknown(std::string_view why);
// 415; its pointer is the header.
http::Response unsupported_media_type(const Error& error);
// 508: the event has been here too often.
http::Response loop_detected();
// 422 with every breach that is told, and where in the request it stands.
http::Response breaks_schema(const std::vector<http::Fault>& breaches);
// `kind`: whose limit it is: "source", "key", "tenant".
http::Response too_many_requests(std::string_view kind, std::string_view id, std::int64_t retry_after_seconds);
// 429 for who has sent too much that did not verify. `why`: of this one.
http::Response too_many_unverified(std::string_view why, std::chrono::nanoseconds wait);

// What a source answers to a webhook that was accepted, or had been before.
struct Reply {
  int status = 202;
  std::optional<std::string> body;  // else {"id":"evt_…","status":"accepted"}, with "duplicate":true
  std::string content_type;         // of that body
};
// 204 and 205 have no body.
http::Response accepted(const Reply& reply, std::string_view id, bool duplicate);
// {"accepted":["evt_…",…],"count":N}, with "duplicates":["evt_…",…] where some had been accepted before.
http::Response accepted_batch(const std::vector<std::string>& ids, const std::vector<std::string>& duplicates);

}  // namespace certes::gateway::ingest
