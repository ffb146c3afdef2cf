#pragma once
// Requests of a source that a gateway has refused, as it remembers them. The subject of a question of the kind
// refused-requests, and the value of its answer. Who: the Master API asks and reads, gateways keep, read and write.
// Plain values; pure, any thread. Times are milliseconds since 1970.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::questions {

// Of one source; with the beginning of each body, or without: "shop", "shop/payload".
struct RefusedSubject {
  std::string source;
  bool with_payload = false;

  std::string text() const;
  // Nothing: it is none.
  static std::optional<RefusedSubject> parse(std::string_view text);
};

// One, or several in a row that were refused for the same to the same client.
struct RefusedRequest {
  UnixMillis at = 0;        // the last of them
  UnixMillis first_at = 0;  // the first
  std::uint64_t times = 1;
  std::string reason;        // as the label of certes_gateway_rejected_total
  std::string error;         // what was wrong
  std::string place;         // the header or JSON pointer at fault; empty: none is named
  std::string client;        // its address
  std::string content_type;  // of the last one's body
  std::uint64_t bytes = 0;   // the same
  // Its first bytes, where they were asked for and are kept; `payload_cut`: there were more.
  std::string payload;
  bool payload_cut = false;
  bool operator==(const RefusedRequest&) const = default;
};

struct RefusedRequests {
  std::vector<RefusedRequest> requests;  // the newest first
  bool more = false;                     // than an answer takes
  bool operator==(const RefusedRequests&) const = default;
};

// As many of them as an answer takes. Bytes of a payload that are no UTF-8 are replaced.
std::string to_json(const RefusedRequests& refused);
// Nothing: it is none. What is missing is 0, what it does not know is passed over.
std::optional<RefusedRequests> refused_requests_of(std::string_view json);

}  // namespace certes::questions
