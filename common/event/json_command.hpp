#pragma once
// A command as JSON: {"data","id"?,"reply_to"?,"conversation_id"?,"cause_id"?}; its name stands in the path. The whole
// text is checked; `data` is carried as the bytes that were sent. Who: gateway/commands. Confined to one thread with
// its JsonDocument.

#include <string_view>

#include "common/base/result.hpp"
#include "common/event/event.hpp"
#include "common/event/json_document.hpp"

namespace certes::event {

// Fills client_id, reply_to, conversation_id, cause_id, data and its content type; reply_to is text without control
// characters, not yet checked as a URL. Error: invalid with a JSON pointer.
Result<void> read_command_json(JsonDocument& document, std::string_view body, Event& command);

}  // namespace certes::event
