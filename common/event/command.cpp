#include "common/event/command.hpp"

#include "common/event/hops.hpp"
#include "common/event/trace.hpp"
#include "common/log/names.hpp"

namespace certes::event {
namespace {

namespace names = log::names;

bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

std::string joined(std::string_view a, std::string_view b, std::string_view c) {
  std::string text;
  text.reserve(a.size() + b.size() + c.size());
  return text.append(a).append(b).append(c);
}

// What a failure of Certes' own making says of itself, for whoever takes the command up again.
void add_reason(log::Record& record, const std::string& rule, const std::string& error) {
  if (rule.empty()) return;
  record.headers.add(names::kRule, rule);
  if (!error.empty()) record.headers.add(names::kError, error);
}

}  // namespace

std::string_view command_flaw(std::string_view name) {
  if (name.size() > kMaxCommandBytes) return "is longer than 248 bytes";
  if (name.substr(0, name.find('.')) == "certes") return "begins with 'certes', which is Certes' own";
  std::size_t words = 0;
  for (std::size_t at = 0;; ++words) {
    const std::size_t dot = std::min(name.find('.', at), name.size());
    if (dot == at) return "has an empty word";
    for (; at < dot; ++at)
      if (!word_character(name[at])) return "has a character that is none of A-Z a-z 0-9 _ - .";
    if (dot == name.size()) break;
    ++at;
  }
  return words == 0 ? "has one word: it must be Service.VerbObject" : "";
}

std::string command_source(std::string_view tenant) { return joined("urn:certes:", tenant, "/commands"); }
std::string result_source(std::string_view tenant) { return joined("urn:certes:", tenant, "/results"); }

// FNV-1a: the same in every process.
std::int32_t command_partition(std::string_view id, std::int32_t partitions) {
  std::uint32_t hash = 2166136261u;
  for (const char c : id) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619u;
  return static_cast<std::int32_t>(hash % static_cast<std::uint32_t>(partitions));
}

std::string result_name(std::string_view command_id, std::string_view replay) {
  return replay.empty() ? std::string(command_id) : joined(command_id, "/", replay);
}

Event result_event(const log::StoredRecord& command, std::string_view command_id, CommandResult&& result,
                   std::string id, UnixMillis now) {
  const log::Headers& from = command.headers;
  Event made;
  made.id = std::move(id);
  made.client_id = result_name(command_id, from.get(names::kReplay));
  made.client_gave_id = true;
  made.tenant = from.find(names::kTenant).value_or("default");
  made.source = result_source(made.tenant);
  made.type = joined(from.get("ce_type"), kResultSuffix, {});
  made.time = format_rfc3339(now);
  made.conversation_id = from.find("ce_conversationid").value_or(command_id);
  made.cause_id = command_id;
  made.traceparent = read_traceparent(from.get("ce_traceparent"));
  if (!made.traceparent.empty()) made.tracestate = from.get("ce_tracestate");
  made.kind = "result";
  if (const auto hops = from.find(kHops)) made.hops = read_hops(*hops).value_or(kMaxHops);
  made.reply_to = from.get(names::kReplyTo);
  made.extensions.emplace_back(kStatusAttribute, result.succeeded ? kSucceeded : kFailed);
  if (result.cut) made.extensions.emplace_back(kCutAttribute, "true");
  made.data_content_type = std::move(result.content_type);
  made.data = std::move(result.data);
  return made;
}

log::Record result_record(const log::StoredRecord& command, std::string_view command_id, CommandResult&& result,
                          std::string id, UnixMillis now) {
  const std::string rule = std::move(result.rule), error = std::move(result.error);
  log::Record record = to_record(result_event(command, command_id, std::move(result), std::move(id), now));
  record.key.reset();  // it goes to the command's partition
  add_reason(record, rule, error);
  return record;
}

}  // namespace certes::event
