#include "api/dead_letters.hpp"
#include "common/event/payload_view.hpp"
#include "common/event/quarantine.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using registry::OrderedJson;

using history::LetterRow;

struct TextMember {
  const char* name;
  std::string LetterRow::*text;
};
constexpr TextMember kMembers[] = {
    {"event", &LetterRow::event},         {"type", &LetterRow::type},         {"source", &LetterRow::source},
    {"source_id", &LetterRow::source_id}, {"subject", &LetterRow::subject},   {"time", &LetterRow::time},
    {"endpoint", &LetterRow::endpoint},   {"delivery", &LetterRow::delivery}, {"rule", &LetterRow::rule},
    {"error", &LetterRow::error},         {"answer", &LetterRow::answer},     {"origin", &LetterRow::origin},
    {"replay", &LetterRow::replay},       {"policy", &LetterRow::policy}};

OrderedJson members_of(const LetterRow& letter, std::string_view id, std::optional<history::LetterState> state) {
  OrderedJson json = {{"id", id}};
  if (state) json["state"] = to_string(*state);
  for (const TextMember& member : kMembers)
    if (!(letter.*member.text).empty()) json[member.name] = letter.*member.text;
  json["attempts"] = letter.attempts;
  if (letter.replays > 0) json["replays"] = letter.replays;
  json["dead_lettered_at"] = format_rfc3339(letter.at);
  json["bytes"] = letter.bytes;
  if (letter.hollow) json["payload_dropped"] = true;
  return json;
}

std::string written_letter(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace

std::string dead_letter_json(const LetterRow& letter, std::string_view id, std::optional<history::LetterState> state) {
  return written_letter(members_of(letter, id, state));
}

std::string dead_letter_json(const log::StoredRecord& record, std::string_view id,
                             std::optional<history::LetterState> state) {
  const auto letter = history::letter_row(record);
  OrderedJson json = members_of(letter.value_or(LetterRow{}), id, state);
  const auto type = record.headers.find("content-type");
  if (type && !type->empty()) json["content_type"] = *type;
  std::string text = written_letter(json);
  event::add_payload(text, record.value);
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
