#include "dispatcher/attempt_spans.hpp"

#include <algorithm>

#include "dispatcher/book/delivery_id.hpp"
#include "dispatcher/book/ending.hpp"

namespace certes::dispatcher {
namespace {

using traces::EventTrace;
using traces::Span;
using traces::SpanKind;

constexpr std::int64_t kNanosOfMilli = 1'000'000, kNanosOfMicro = 1'000;

// scheme://HOST[:PORT]/…: what else a URL says may be a secret.
std::string host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  url.remove_prefix(scheme == url.npos ? 0 : scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  if (const std::size_t user = url.rfind('@'); user != url.npos) url.remove_prefix(user + 1);
  return std::string(url);
}

Span span_of(const EventTrace& trace, const AttemptSeen& attempt, std::string_view what, std::string_view delivery) {
  Span span;
  span.trace_id = trace.trace_id();
  span.span_id = trace.span_id(what, delivery, attempt.attempt);
  span.parent_id = trace.parent_id();
  span.name = std::string(what) + " " + attempt.endpoint.id;
  span.attributes = {{"messaging.system", "certes"},
                     {"messaging.destination.name", attempt.endpoint.id},
                     {"messaging.message.id", std::string(attempt.event_id)},
                     {"certes.tenant", attempt.endpoint.tenant},
                     {"certes.delivery", std::string(delivery)},
                     {"certes.attempt", static_cast<std::int64_t>(attempt.attempt)}};
  return span;
}

Span request_span(const EventTrace& trace, const AttemptSeen& attempt, std::string_view delivery) {
  Span span = span_of(trace, attempt, EventTrace::kAttempt, delivery);
  span.kind = SpanKind::client;
  span.error = attempt.error;
  span.attributes.insert(span.attributes.end(), {{"messaging.operation.type", "send"},
                                                 {"http.request.method", "POST"},
                                                 {"certes.priority", std::string(to_string(attempt.priority))},
                                                 {"certes.outcome", std::string(text_of(attempt.ending))}});
  if (attempt.endpoint.urls.empty())
    span.attributes.emplace_back("server.address", host_of(attempt.endpoint.url));
  else if (!attempt.worker.empty())
    span.attributes.emplace_back("certes.worker", std::string(attempt.worker));
  if (attempt.status != 0)
    span.attributes.emplace_back("http.response.status_code", static_cast<std::int64_t>(attempt.status));
  if (!attempt.failure.empty()) span.attributes.emplace_back("error.type", std::string(attempt.failure));
  return span;
}

}  // namespace

void record_spans(traces::Tracer& tracer, const AttemptSeen& attempt, SteadyTime now) {
  const auto trace = tracer.trace_of(attempt.event.headers.get("ce_traceparent"), attempt.event_id);
  if (!trace) return;
  const std::string delivery =
      delivery_id(attempt.event, attempt.event_id, attempt.endpoint.tenant, attempt.endpoint.id);
  Span request = request_span(*trace, attempt, delivery);
  request.end_ns = tracer.unix_ns(now);
  request.start_ns = request.end_ns - static_cast<std::int64_t>(attempt.duration_us) * kNanosOfMicro;
  if (attempt.waited_since != 0) {
    Span wait = span_of(*trace, attempt, EventTrace::kWait, delivery);
    wait.start_ns = std::min(attempt.waited_since * kNanosOfMilli, request.start_ns);
    wait.end_ns = request.start_ns;
    tracer.record(std::move(wait));
  }
  tracer.record(std::move(request));
}

}  // namespace certes::dispatcher
