#include "common/traces/otlp.hpp"

#include "common/json/json.hpp"

namespace certes::traces {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostText = 256;  // bytes of an attribute
constexpr int kFailed = 2;              // STATUS_CODE_ERROR

// Numbers of 64 bits are text in the JSON of protocol buffers.
Json json_of(const std::vector<Attribute>& attributes) {
  Json all = Json::array();
  for (const auto& [name, value] : attributes) {
    Json one = {{"key", name}};
    if (const auto* text = std::get_if<std::string>(&value))
      one["value"] = {{"stringValue", text->substr(0, kMostText)}};
    else
      one["value"] = {{"intValue", std::to_string(std::get<std::int64_t>(value))}};
    all.push_back(std::move(one));
  }
  return all;
}

Json json_of(const Span& span) {
  Json json = {{"traceId", span.trace_id},
               {"spanId", span.span_id},
               {"name", span.name},
               {"kind", static_cast<int>(span.kind)},
               {"startTimeUnixNano", std::to_string(span.start_ns)},
               {"endTimeUnixNano", std::to_string(span.end_ns)},
               {"attributes", json_of(span.attributes)}};
  if (!span.parent_id.empty()) json["parentSpanId"] = span.parent_id;
  if (!span.error.empty()) json["status"] = {{"code", kFailed}, {"message", span.error.substr(0, kMostText)}};
  return json;
}

}  // namespace

std::string otlp_json(const std::vector<Attribute>& resource, std::span<const Span> spans) {
  Json all = Json::array();
  for (const Span& span : spans) all.push_back(json_of(span));
  const Json scope = {{"scope", {{"name", "certes"}}}, {"spans", std::move(all)}};
  const Json json = {{"resourceSpans", {{{"resource", {{"attributes", json_of(resource)}}}, {"scopeSpans", {scope}}}}}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace certes::traces
