#pragma once
// certes events list, show and attempts, as a person reads them. `now`: what ages are counted from. Who: the commands
// of events. Pure.

#include <string>
#include <string_view>

#include "common/base/clock.hpp"

namespace certes::command {

// `items`: of GET /events.
std::string event_table(std::string_view items, UnixMillis now);

// `items`: of GET /events/{id}/attempts. Of more than `most` the last.
std::string attempt_table(std::string_view items, std::size_t most, UnixMillis now);

// Its whole life: what it is, its payload, how its deliveries stand, its attempts. `event`: the answer of
// GET /events/{id}; `attempts`: as above. Empty: it is no event.
std::string event_text(std::string_view event, std::string_view attempts, UnixMillis now);

// What has come of a test of an endpoint: the answer of POST /endpoints/{id}/test. Empty: it is none.
std::string endpoint_test_text(std::string_view answer);
bool endpoint_test_delivered(std::string_view answer);

}  // namespace certes::command
