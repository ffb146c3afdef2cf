#include "gateway/commands/command_json.hpp"

#include <nlohmann/json.hpp>

#include "common/base/clock.hpp"
#include "common/event/attributes.hpp"
#include "common/event/command.hpp"
#include "common/event/payload_view.hpp"
#include "common/json/json_text.hpp"
#include "common/log/names.hpp"

namespace certes::gateway::commands {
namespace {

using Json = nlohmann::ordered_json;
namespace names = log::names;

std::string text_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string result_json(const log::StoredRecord& result) {
  Json out = {{"id", result.headers.get(names::kId)}, {"at", format_rfc3339(result.appended_at)}};
  const std::string_view type = result.headers.get("content-type");
  if (!type.empty()) out["content_type"] = type;
  if (result.headers.get("ce_commandcut") == "true") out["cut"] = true;
  std::string text = text_of(out);
  if (!result.value.empty()) event::add_payload(text, result.value, event::is_json(type));
  return text;
}

std::string_view status_of(const FoundCommand& found) {
  if (!found.result) return found.attempts > 0 ? "running" : "accepted";
  return found.result->headers.get("ce_commandstatus") == event::kSucceeded ? event::kSucceeded : event::kFailed;
}

}  // namespace

std::string command_json(const FoundCommand& found) {
  const log::Headers& headers = found.command->headers;
  Json out = {{"id", headers.get(names::kId)},
              {"command", headers.get("ce_type")},
              {"status", status_of(found)},
              {"accepted_at", format_rfc3339(found.command->appended_at)},
              {"conversation_id", headers.get("ce_conversationid")}};
  if (const auto cause = headers.find("ce_causeid")) out["cause_id"] = *cause;
  out["attempts"] = found.attempts;
  std::string text = text_of(out);
  if (found.result) add_raw_member(text, "result", result_json(*found.result));
  return text;
}

}  // namespace certes::gateway::commands
