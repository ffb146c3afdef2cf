#pragma once
// How an attempt reads in a line. Who: Meters, FailingEndpoints. Pure functions.

#include <string>

#include "dispatcher/ports.hpp"

namespace certes::dispatcher {

// The line of --dev: "order.created evt_… → billing try 2: 500 in 3 ms, next in 5 s".
std::string trace_line(const AttemptSeen& attempt);

// The same of an event that nobody gets.
std::string unmatched_line(const log::StoredRecord& event, std::string_view event_id);

// What was wrong: "500 in 3 ms: "out of order"" with the answer's first 200 bytes, "timeout: no answer within 15 s".
std::string failure_text(const AttemptSeen& attempt);

}  // namespace certes::dispatcher
