#pragma once
// W3C trace context: how a trace comes in and goes on. Used by whoever takes events in (gateway, relay) and by whoever
// sends them (dispatcher). Pure; any thread.

#include <string>
#include <string_view>

#include "common/event/attributes.hpp"
#include "common/event/event.hpp"

namespace certes::event {

// A traceparent in the form of version 00; empty: it is none, and a trace begins anew. A higher version is read by what
// it has in common with 00: the ids, and of the flags whether it is sampled.
std::string read_traceparent(std::string_view value);

// Whether a tracestate may go on: a list of printable ASCII (W3C Trace Context, 3.3). What stands in it is its vendors'
// affair.
bool fit_tracestate(std::string_view value);

struct Trace {
  std::string parent;  // as read_traceparent() gives it; empty: none
  std::string state;   // tracestate as it came; empty: none, or unfit to travel
};

namespace detail {
Trace trace(std::string_view parent, std::string state);
}

// Of a request's headers. A traceparent that is there twice is none; fields of tracestate are one list.
template <class Fields>
Trace trace_of(const Fields& headers) {
  std::string_view parent;
  std::string state;
  int parents = 0;
  for (const auto& header : headers) {
    if (equal_ignoring_case(header.name, "traceparent")) parent = header.value, ++parents;
    if (equal_ignoring_case(header.name, "tracestate")) state.append(state.empty() ? "" : ",").append(header.value);
  }
  return parents == 1 ? detail::trace(parent, std::move(state)) : Trace();
}

// The trace of the request, for an event that names none of its own.
void take_trace(Event& event, const Trace& trace);
template <class Fields>
void take_trace(Event& event, const Fields& headers) {
  if (event.traceparent.empty()) take_trace(event, trace_of(headers));
}

}  // namespace certes::event
