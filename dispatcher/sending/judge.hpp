#pragma once
// What the answer to an attempt means: the table of outcomes. Pure. Who: core.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/client/sender.hpp"

namespace certes::dispatcher {

enum class Verdict : std::uint8_t {
  delivered,
  retry,        // if the policy gives another attempt
  dead_letter,  // at once
  gone,         // dead letter, and the endpoint is disabled
};

struct Judgement {
  Verdict verdict = Verdict::retry;
  std::string rule;  // what decided, for the dead letter: "gone", "dead_letter_on 404"; empty with delivered, retry
};

// `retry_on`, `dead_letter_on`: the endpoint's own statuses, which go before the table (the latter before the former);
// a 2xx is always delivered. `command`: its 400, 413, 415 and 422 say that it is not taken, and end it; an event's may
// come of a bad deploy, and are tried again.
Judgement judge(http::TransferError error, int status, const std::vector<int>& retry_on,
                const std::vector<int>& dead_letter_on, bool command);

// A command's 400, 413, 415 and 422: its service works, and does not take it.
bool refuses_command(int status);

// "timeout", "500", …: the kind of failure in one word.
std::string failure_kind(http::TransferError error, int status);

}  // namespace certes::dispatcher
