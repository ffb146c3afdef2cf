#include "api/event_json.hpp"

#include <algorithm>

#include "common/base/phases.hpp"
#include "common/event/payload_view.hpp"
#include "common/json/json_text.hpp"
#include "common/log/names.hpp"
#include "common/registry/json.hpp"
#include "common/registry/resources.hpp"

namespace certes::api {
namespace {

using registry::OrderedJson;

constexpr std::string_view kAttribute = "ce_";

std::string written(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

void put(OrderedJson& json, const char* name, const std::string& text) {
  if (!text.empty()) json[name] = text;
}

void put_time(OrderedJson& json, const char* name, UnixMillis at) {
  if (at > 0) json[name] = format_rfc3339(at);
}

// What has no member of its own.
bool is_extension(std::string_view name) {
  for (const std::string_view known :
       {"ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "ce_specversion", "ce_conversationid", "ce_causeid"})
    if (name == known) return false;
  return name.starts_with(kAttribute);
}

OrderedJson members_of(const history::EventRow& event) {
  OrderedJson json = {{"id", event.id}, {"type", event.type}, {"source", event.source}};
  put(json, "source_id", event.client_id);
  put(json, "subject", event.subject);
  json["kind"] = event.kind;
  json["state"] = history::to_string(event.state);
  put_time(json, "accepted_at", event.at);
  put(json, "time", event.time);
  json["conversation_id"] = event.conversation.empty() ? event.id : event.conversation;
  put(json, "cause_id", event.cause);
  put(json, "replay", event.replay);
  put(json, "content_type", event.content_type);
  json["bytes"] = event.bytes;
  json["partition"] = event.place.partition;
  json["offset"] = event.place.offset;
  return json;
}

// What its producer sent besides, as far as the record holds it.
void put_headers(OrderedJson& json, const log::Headers& headers) {
  OrderedJson attributes = OrderedJson::object(), forwarded = OrderedJson::object();
  for (const auto [name, value] : headers) {
    if (is_extension(name))
      attributes[std::string(name.substr(kAttribute.size()))] = value;
    else if (name.starts_with(log::names::kForward))
      forwarded[std::string(name.substr(log::names::kForward.size()))] = value;
    else if (name == log::names::kQuery)
      json["query"] = value;
  }
  if (!attributes.empty()) json["attributes"] = std::move(attributes);
  if (!forwarded.empty()) json["headers"] = std::move(forwarded);
}

OrderedJson json_of(const Phases& phases) {
  OrderedJson json = OrderedJson::object();
  const auto put_part = [&json](const char* name, const Phases::Part& part) {
    if (part) json[name] = static_cast<double>(*part) / 1'000;
  };
  put_part("name", phases.name);
  put_part("connect", phases.connect);
  put_part("tls", phases.tls);
  put_part("first_byte", phases.first_byte);
  return json;
}

// Of "name: value" lines; of several of one name all values, with commas.
OrderedJson fields_of(std::string_view lines) {
  OrderedJson json = OrderedJson::object();
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(lines.size(), line.size() + 1));
    const std::size_t colon = line.find(": ");
    if (colon == line.npos) continue;
    const std::string name = registry::lower_case(line.substr(0, colon));
    const std::string value(line.substr(colon + 2));
    json[name] = json.contains(name) ? json[name].get<std::string>() + ", " + value : value;
  }
  return json;
}

OrderedJson members_of(const ShownDelivery& delivery) {
  const history::DeliveryRow& row = delivery.row;
  OrderedJson json = {{"delivery", row.id}};
  put(json, "endpoint", row.endpoint);
  json["state"] = history::to_string(row.state);
  json["attempts"] = row.attempts;
  if (row.status != 0) json["status"] = row.status;
  put(json, "rule", row.rule);
  put(json, "error", row.error);
  put_time(json, "last_at", row.last_at);
  if (row.state == history::DeliveryState::retrying) put_time(json, "retry_at", row.next_at);
  if (row.state == history::DeliveryState::sending) put_time(json, "result_until", row.next_at);
  put(json, "replay", delivery.replay);
  return json;
}

}  // namespace

std::string event_json(const history::EventRow& event) { return written(members_of(event)); }

std::string event_json(const history::EventRow& event, const log::StoredRecord* record,
                       const std::vector<ShownDelivery>& deliveries) {
  OrderedJson json = members_of(event);
  if (record != nullptr) put_headers(json, record->headers);
  json["deliveries"] = OrderedJson::array();
  for (const ShownDelivery& one : deliveries) json["deliveries"].push_back(members_of(one));
  if (record == nullptr) json["payload_gone"] = true;
  std::string text = written(json);
  if (record != nullptr) event::add_payload(text, record->value);
  return text;
}

std::string attempt_json(const history::AttemptRow& attempt, const std::string& endpoint) {
  OrderedJson json = {{"endpoint", endpoint},
                      {"delivery", attempt.delivery},
                      {"attempt", attempt.attempt},
                      {"at", format_rfc3339(attempt.at)},
                      {"outcome", attempt.outcome}};
  if (attempt.status != 0) json["status"] = attempt.status;
  put(json, "rule", attempt.rule);
  put(json, "error", attempt.error);
  json["duration_ms"] = static_cast<double>(attempt.duration_us) / 1'000;
  if (attempt.outcome == "retry") put_time(json, "retry_at", attempt.next_at);
  put(json, "retry_by", attempt.next_by);
  put(json, "backoff_policy", attempt.policy);
  if (attempt.breaker_open) json["breaker_open"] = true;
  put(json, "address", attempt.address);
  if (const auto phases = Phases::parse(attempt.phases)) json["timings_ms"] = json_of(*phases);
  if (!attempt.answer_header.empty()) json["answer_headers"] = fields_of(attempt.answer_header);
  put(json, "answer", attempt.answer);
  return written(json);
}

}  // namespace certes::api
