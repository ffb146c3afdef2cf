#include "api/dead_letters.hpp"
#include "common/event/payload_view.hpp"
#include "common/event/quarantine.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using registry::Json;
using registry::OrderedJson;

struct Member {
  const char* name;
  std::string_view header;
};
constexpr Member kMembers[] = {{"event", log::names::kId},
                               {"type", "ce_type"},
                               {"source", "ce_source"},
                               {"source_id", "ce_id"},
                               {"subject", "ce_subject"},
                               {"time", "ce_time"},
                               {"endpoint", log::names::kEndpoint},
                               {"delivery", log::names::kDelivery},
                               {"rule", log::names::kRule},
                               {"error", log::names::kError},
                               {"answer", log::names::kAnswer},
                               {"origin", log::names::kOrigin},
                               {"replay", log::names::kReplay}};

int number_of(std::string_view text) {
  int number = 0;
  for (const char c : text.substr(0, 9)) {
    if (c >= '0' && c <= '9') number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

std::string dead_letter_json(const log::StoredRecord& record, std::string_view id, bool with_data) {
  OrderedJson json = {{"id", id}};
  for (const Member& member : kMembers) {
    const auto value = record.headers.find(member.header);
    if (value && !value->empty()) json[member.name] = *value;
  }
  json["attempts"] = number_of(record.headers.get(log::names::kAttempts));
  json["dead_lettered_at"] = format_rfc3339(record.appended_at);
  json["bytes"] = record.value.size();
  if (event::is_hollow(record)) json["payload_dropped"] = true;
  const auto type = record.headers.find("content-type");
  if (with_data && type && !type->empty()) json["content_type"] = *type;
  std::string text = json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  if (with_data) event::add_payload(text, record.value);
  return text;
}

bool is_quarantined(const log::StoredRecord& record) {
  const std::string_view rule = record.headers.get(log::names::kRule);
  const bool gateways = rule == event::kSchemaRule || rule == event::kAttributesRule;
  return gateways && !record.headers.find(log::names::kTerm);
}

bool fits(const registry::JobFilter& asked, const log::StoredRecord& record) {
  const auto is = [&](const std::string& wanted, std::string_view header) {
    return wanted.empty() || record.headers.get(header) == wanted;
  };
  const bool in_time = record.appended_at >= asked.from && (asked.to == 0 || record.appended_at < asked.to);
  return in_time && is(asked.endpoint, log::names::kEndpoint) && is(asked.type, "ce_type") &&
         is(asked.rule, log::names::kRule) && is(asked.event, log::names::kId);
}

std::optional<log::Record> replay_of(const log::StoredRecord& record, std::string_view once_more) {
  if (event::is_hollow(record)) return std::nullopt;
  const auto endpoint = record.headers.find(log::names::kEndpoint);
  const bool to_all = is_quarantined(record);
  if (!to_all && (!endpoint || endpoint->empty())) return std::nullopt;
  return event::replay_record(record, event::letter_replay_id(record.partition, record.offset, once_more),
                              to_all ? std::string_view() : *endpoint);
}

}  // namespace certes::api
