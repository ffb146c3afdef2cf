#pragma once
// How long a back-off policy may take where deliveries are open for so long at most (events.max_wait_seconds): a day
// less, in which what waits for its turn may be late. Who: the API, which refuses a longer one; the dispatcher, which
// tells of those that stand already. One without an end (max_attempts, max_seconds) is never too long: it asks for as
// long as may be. Pure; any thread.

#include <optional>
#include <string>

#include "common/backoff/policy.hpp"
#include "common/base/clock.hpp"

namespace certes::backoff {

// Why the policy is too long; nothing: it is not. `max_wait` 0: none is.
// "takes up to 12.5 days, and events.max_wait_seconds (9 days) less 1 day leaves it 8 days"
std::optional<std::string> too_long(const Policy& policy, Millis max_wait);

}  // namespace certes::backoff
