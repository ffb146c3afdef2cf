#include "dispatcher/outcome/command_result.hpp"

#include <nlohmann/json.hpp>

#include "common/event/attributes.hpp"

namespace certes::dispatcher {

event::CommandResult succeeded(const http::TransferResult& answer) {
  event::CommandResult result;
  result.succeeded = true;
  result.cut = answer.body_cut;
  if (event::header_flaw(answer.content_type).empty()) result.content_type = answer.content_type;
  result.data = answer.body;
  return result;
}

event::CommandResult failed(std::string_view rule, std::string_view error, std::uint32_t attempts,
                            const http::TransferResult* answer) {
  nlohmann::ordered_json json = {{"error", error}, {"rule", rule}, {"attempts", attempts}};
  event::CommandResult result;
  if (answer != nullptr && answer->status > 0) json["status"] = answer->status;
  if (answer != nullptr && !answer->body.empty()) {
    json["answer"] = answer->body;
    result.cut = answer->body_cut;
  }
  result.content_type = "application/json";
  result.data = json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  result.rule = rule;
  result.error = error;
  return result;
}

}  // namespace certes::dispatcher
