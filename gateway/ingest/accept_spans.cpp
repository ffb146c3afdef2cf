#include "gateway/ingest/accept_spans.hpp"

#include <algorithm>

namespace certes::gateway::ingest {

using traces::EventTrace;
using traces::Span;
using traces::SpanKind;

void AcceptSpans::begin(const traces::Tracer& tracer, const std::vector<event::Event>& events) {
  traced_.clear();
  for (std::size_t i = 0; i < events.size(); ++i)
    if (auto trace = tracer.trace_of(events[i].traceparent, events[i].id))
      traced_.push_back({std::move(*trace), i, events[i].id, events[i].type, events[i].tenant});
}

Span AcceptSpans::span_of(const Traced& traced, std::string_view what, SpanKind kind) {
  Span span;
  span.trace_id = traced.trace.trace_id();
  span.span_id = traced.trace.span_id(what);
  span.name = std::string(what) + " " + traced.type;
  span.kind = kind;
  span.attributes = {{"messaging.system", "certes"},
                     {"messaging.destination.name", "events"},
                     {"messaging.message.id", traced.id},
                     {"certes.tenant", traced.tenant},
                     {"certes.type", traced.type}};
  return span;
}

void AcceptSpans::end(traces::Tracer& tracer, const Times& times, std::span<const std::size_t> repeats,
                      const std::string& error) {
  for (const Traced& traced : traced_) {
    if (std::ranges::count(repeats, traced.place) > 0) continue;
    Span accept = span_of(traced, EventTrace::kAccept, SpanKind::server);
    if (!traced.trace.is_ours()) accept.parent_id = traced.trace.parent_id();
    accept.start_ns = tracer.unix_ns(times.started);
    accept.end_ns = tracer.unix_ns(times.ended);
    accept.error = error;
    Span append = span_of(traced, EventTrace::kAppend, SpanKind::producer);
    append.parent_id = accept.span_id;
    append.attributes.emplace_back("messaging.operation.type", "send");
    append.start_ns = tracer.unix_ns(times.appending);
    append.end_ns = accept.end_ns;
    append.error = error;
    tracer.record(std::move(append));
    tracer.record(std::move(accept));
  }
  traced_.clear();
}

}  // namespace certes::gateway::ingest
