#include "common/traces/otlp.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace certes::traces;
using Json = nlohmann::json;

TEST_CASE("OTLP: a span as the JSON of protocol buffers has it") {
  Span span;
  span.trace_id = std::string(32, 'a');
  span.span_id = std::string(16, 'b');
  span.name = "attempt billing";
  span.kind = SpanKind::client;
  span.start_ns = 1'700'000'000'000'000'000;
  span.end_ns = span.start_ns + 5;
  span.attributes = {{"text", std::string(1'000, 'x') + "\xff"}, {"number", std::int64_t{-3}}};
  const Json first = Json::parse(otlp_json({{"service.name", "certes"}}, {&span, 1}));
  const Json& resource = first["resourceSpans"][0];
  CHECK(resource["resource"]["attributes"][0] == Json{{"key", "service.name"}, {"value", {{"stringValue", "certes"}}}});
  const Json& told = resource["scopeSpans"][0]["spans"][0];
  CHECK(told["traceId"] == span.trace_id);
  CHECK(told["kind"] == 3);
  CHECK(told["startTimeUnixNano"] == "1700000000000000000");
  CHECK_FALSE(told.contains("parentSpanId"));
  CHECK_FALSE(told.contains("status"));
  CHECK(told["attributes"][0]["value"]["stringValue"].get<std::string>().size() == 256);
  CHECK(told["attributes"][1]["value"]["intValue"] == "-3");
  span.parent_id = std::string(16, 'c');
  span.error = "500\xff";
  const Json failed = Json::parse(otlp_json({}, {&span, 1}))["resourceSpans"][0]["scopeSpans"][0]["spans"][0];
  CHECK(failed["parentSpanId"] == span.parent_id);
  CHECK(failed["status"]["code"] == 2);
}
