#pragma once
// Span: one piece of what happened to an event, as OpenTelemetry tells it. Who: gateways and dispatchers make them,
// Tracer takes them. Plain values.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace certes::traces {

enum class SpanKind : std::uint8_t { internal = 1, server = 2, client = 3, producer = 4 };  // as OTLP numbers them

using Attribute = std::pair<std::string, std::variant<std::string, std::int64_t>>;

struct Span {
  std::string trace_id, span_id, parent_id;  // lower-case hex; no parent: it is the trace's first
  std::string name;
  SpanKind kind = SpanKind::internal;
  std::int64_t start_ns = 0, end_ns = 0;  // since 1970
  std::vector<Attribute> attributes;
  std::string error;  // empty: it went well
};

}  // namespace certes::traces
