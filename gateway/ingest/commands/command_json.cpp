#include "gateway/ingest/commands/command_json.hpp"

#include <nlohmann/json.hpp>

#include "common/base/clock.hpp"
#include "common/crypto/crypto.hpp"
#include "common/event/attributes.hpp"
#include "common/event/command.hpp"
#include "common/log/names.hpp"

namespace certes::gateway::commands {
namespace {

using Json = nlohmann::ordered_json;
namespace names = log::names;

// JSON as JSON, text as text, anything else in base64.
void add_data(Json& out, const log::StoredRecord& result) {
  const std::string_view type = result.headers.get("content-type");
  if (!type.empty()) out["content_type"] = type;
  if (result.value.empty()) return;
  if (event::is_json(type)) {
    Json data = Json::parse(result.value, nullptr, false);
    if (!data.is_discarded()) {
      out["data"] = std::move(data);
      return;
    }
  }
  if (event::valid_utf8(result.value))
    out["text"] = result.value;
  else
    out["data_base64"] = crypto::base64_encode(result.value);
}

Json result_json(const log::StoredRecord& result) {
  Json out = {{"id", result.headers.get(names::kId)}, {"at", format_rfc3339(result.appended_at)}};
  add_data(out, result);
  if (result.headers.get("ce_commandcut") == "true") out["cut"] = true;
  return out;
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
  if (found.result) out["result"] = result_json(*found.result);
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace certes::gateway::commands
