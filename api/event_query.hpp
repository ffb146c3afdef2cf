#pragma once
// EventQuery: the query of a list of events, judged. Who: the routes of events. Pure; any thread.

#include "api/call.hpp"
#include "api/history/filter.hpp"

namespace certes::api {

struct EventQuery {
  history::Filter filter;
  history::Cursor after;
  std::size_t limit = 0;
};

// Error: invalid, with the parameter at fault.
Result<EventQuery> event_query(const Call& call);

}  // namespace certes::api
