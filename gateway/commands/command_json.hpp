#pragma once
// A command as GET /commands/{id} shows it. Who: command intake. Pure, any thread.

#include <string>

#include "gateway/commands/finder.hpp"

namespace certes::gateway::commands {

// {"id","command","status":"accepted|running|succeeded|failed","accepted_at","conversation_id","cause_id"?,"attempts",
// "result"?:{"id","at","content_type"?,"data"|"text"|"data_base64","cut"?}}
std::string command_json(const FoundCommand& found);

}  // namespace certes::gateway::commands
