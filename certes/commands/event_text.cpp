#include "certes/commands/event_text.hpp"

#include <limits>

#include "certes/commands/cell_text.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/time_text.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPayloadShown = 1'024, kAnswerShown = 120, kAttemptsShown = 20;

const Json& part(const Json& json, const char* name) {
  static const Json kNothing;
  const auto found = json.find(name);
  return found == json.end() ? kNothing : *found;
}

std::string cut_to(std::string text, std::size_t most) {
  if (text.size() <= most) return text;
  return text.substr(0, most) + "…";
}

std::string took(const Json& attempt) {
  const Json& time = part(attempt, "duration_ms");
  return time.is_number() ? spoken(Millis{static_cast<std::int64_t>(time.get<double>())}) : "-";
}

// When it is tried again, and what decided that.
std::string next_text(const Json& attempt, UnixMillis now) {
  const Json& at = part(attempt, "retry_at");
  if (!at.is_string()) return "-";
  std::string text = time_text(at, now);
  const std::pair<const char*, const char*> reasons[] = {{"retry_by", ", by "}, {"backoff_policy", " "}};
  for (const auto& [name, before] : reasons)
    if (const Json& said = part(attempt, name); said.is_string()) text += before + cell_text(said);
  if (part(attempt, "breaker_open") == true) text += ", breaker open";
  return text;
}

// Where it went, and in which parts of the request the time.
std::string parts_text(const Json& attempt) {
  std::string text;
  if (const Json& address = part(attempt, "address"); address.is_string()) text = cell_text(address);
  const std::pair<const char*, const char*> parts[] = {
      {"name", "name"}, {"connect", "connect"}, {"tls", "tls"}, {"first_byte", "first byte"}};
  for (const auto& [name, title] : parts)
    if (const Json& time = part(part(attempt, "timings_ms"), name); time.is_number())
      text += (text.empty() ? "" : ", ") + std::string(title) + " " +
              spoken(Millis{static_cast<std::int64_t>(time.get<double>())});
  return text.empty() ? "-" : text;
}

// Why it did not go well: what decided, what went wrong, what was answered.
std::string why(const Json& item) {
  std::string text;
  for (const char* const name : {"rule", "error", "answer"}) {
    const Json& said = part(item, name);
    if (!said.is_string() || said.get<std::string>() == text) continue;
    text += (text.empty() ? "" : ": ") + cut_to(said.get<std::string>(), kAnswerShown);
  }
  return text.empty() ? "-" : text;
}

std::string payload_of(const Json& event, std::string_view body) {
  if (part(event, "payload_gone") == true) return "is on the log no more";
  if (event.contains("data")) return cut_to(compact_json(raw_member(body, "data")), kPayloadShown);
  return cut_to(cell_text(part(event, event.contains("text") ? "text" : "data_base64")), kPayloadShown);
}

std::string pairs_of(const Json& object) {
  std::string text;
  for (const auto& [name, value] : object.items())
    text += (text.empty() ? "" : "\n") + name + ": " + cut_to(cell_text(value), kAnswerShown);
  return text;
}

std::string summary_of(const Json& event, std::string_view body, UnixMillis now) {
  std::vector<Member> members = {{"event", cell_text(part(event, "id"))}, {"state", cell_text(part(event, "state"))}};
  const std::pair<const char*, const char*> texts[] = {{"type", "type"},
                                                       {"source", "source"},
                                                       {"source id", "source_id"},
                                                       {"subject", "subject"},
                                                       {"conversation", "conversation_id"},
                                                       {"cause", "cause_id"},
                                                       {"replay", "replay"},
                                                       {"query", "query"}};
  members.emplace_back("accepted", time_text(part(event, "accepted_at"), now));
  for (const auto& [title, name] : texts)
    if (const Json& value = part(event, name); value.is_string()) members.emplace_back(title, cell_text(value));
  for (const char* const name : {"attributes", "headers"})
    if (const Json& value = part(event, name); value.is_object()) members.emplace_back(name, pairs_of(value));
  const Json& type = part(event, "content_type");
  members.emplace_back("payload", cell_text(part(event, "bytes")) + " bytes" +
                                      (type.is_string() ? ", " + cell_text(type) : std::string()));
  members.emplace_back("", payload_of(event, body));
  members.emplace_back("indexed until", time_text(part(event, "indexed_until"), now));
  return member_lines(members);
}

std::string delivery_table(const Json& deliveries, UnixMillis now) {
  std::vector<Row> rows;
  for (const Json& one : deliveries) {
    const char* const next = part(one, "retry_at").is_string() ? "retry_at" : "result_until";
    rows.push_back({cell_text(part(one, "endpoint")), cell_text(part(one, "state")), cell_text(part(one, "attempts")),
                    cell_text(part(one, "status")), time_text(part(one, "last_at"), now),
                    time_text(part(one, next), now), why(one)});
  }
  if (rows.empty()) return "\nno delivery has been tried\n";
  return "\n" + table({"ENDPOINT", "STATE", "TRIES", "STATUS", "LAST", "NEXT", "WHY"}, rows);
}

}  // namespace

std::string event_table(std::string_view items, UnixMillis now) {
  std::vector<Row> rows;
  for (const Json& one : json_or_null<Json>(items))
    rows.push_back({cell_text(part(one, "id")), time_text(part(one, "accepted_at"), now), cell_text(part(one, "state")),
                    cell_text(part(one, "type")), cell_text(part(one, "source"))});
  return table({"ID", "ACCEPTED", "STATE", "TYPE", "SOURCE"}, rows);
}

std::string attempt_table(std::string_view items, std::size_t most, UnixMillis now) {
  std::vector<Row> rows;
  for (const Json& one : json_or_null<Json>(items))
    rows.push_back({time_text(part(one, "at"), now), cell_text(part(one, "endpoint")), cell_text(part(one, "attempt")),
                    cell_text(part(one, "outcome")), cell_text(part(one, "status")), took(one), parts_text(one),
                    next_text(one, now), why(one)});
  const std::size_t left_out = rows.size() > most ? rows.size() - most : 0;
  rows.erase(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(left_out));
  std::string text = table({"AT", "ENDPOINT", "TRY", "OUTCOME", "STATUS", "TOOK", "REQUEST", "NEXT", "WHY"}, rows);
  if (left_out > 0) text += std::to_string(left_out) + " before these: certes events attempts shows them\n";
  return text;
}

std::string endpoint_test_text(std::string_view answer) {
  const Json json = json_or_null<Json>(answer);
  if (!json.is_object()) return {};
  std::vector<Member> members = {{"event", cell_text(part(json, "id"))}, {"outcome", cell_text(part(json, "outcome"))}};
  const Json& attempt = part(json, "attempt");
  if (!attempt.is_object()) {
    members.emplace_back("why", "certes events explain " + cell_text(part(json, "id")) + " --endpoint " +
                                    cell_text(part(json, "endpoint")) + " says what it waits for");
    return member_lines(members);
  }
  for (const char* const name : {"status", "error"})
    if (const Json& value = part(attempt, name); !value.is_null()) members.emplace_back(name, cell_text(value));
  members.emplace_back("took", took(attempt));
  members.emplace_back("request", parts_text(attempt));
  if (const Json& headers = part(attempt, "answer_headers"); headers.is_object())
    members.emplace_back("headers", pairs_of(headers));
  if (const Json& body = part(attempt, "answer"); body.is_string()) members.emplace_back("answer", cell_text(body));
  return member_lines(members);
}

bool endpoint_test_delivered(std::string_view answer) {
  return part(json_or_null<Json>(answer), "outcome") == "delivered";
}

std::string event_text(std::string_view event, std::string_view attempts, UnixMillis now) {
  const Json json = json_or_null<Json>(event);
  if (!json.is_object()) return {};
  std::string text = summary_of(json, event, now) + delivery_table(part(json, "deliveries"), now);
  const Json tried = json_or_null<Json>(attempts);
  if (tried.is_array() && !tried.empty()) text += "\n" + attempt_table(attempts, kAttemptsShown, now);
  return text;
}

}  // namespace certes::command
