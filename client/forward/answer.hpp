#pragma once
// What came of a request to the gateway, and what it means for the events in it. Pure. Who: Forwarder, Transport.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "common/base/clock.hpp"

namespace certes::client {

struct Answer {
  std::uint64_t id = 0;               // the request's
  int status = 0;                     // 0: none came
  std::string error;                  // why not
  std::optional<Millis> retry_after;  // as the gateway asked
  std::string body;
  bool sent = true;  // false: the request was not made at all, for a reason of our own
};

enum class Verdict : std::uint8_t {
  accepted,
  refused,  // for good: sending it again would change nothing
  failed,   // by something in the request, as far as one can tell: others may fare better
  away,     // whoever asks now fares the same: no answer, 429, 502, 503, 504
  denied,   // the same, for the key is not good: 401 and 403 that are not about an event itself
};

// 508, and 4xx but 408, 425 and 429 are for good, and but 401 and 403 whose problem points at no part of an event (a
// signature, a source's name): what is wrong there is the key, which an operator mends. 503 of unknown outcome is tried
// again too: the same ids make that safe.
Verdict verdict_of(const Answer& answer);

// What a problem says in words; empty where it says nothing.
std::string detail_of(const Answer& answer);

// Which event of a batch the problem points at: "/3/type" → 3.
std::optional<std::size_t> event_at_fault(const Answer& answer, std::size_t events);

}  // namespace certes::client
