#pragma once
// Payloads within answers that are JSON. Who: the views of dead letters and of commands. Pure, any thread; nothing here
// recurses, however deep the payload is.

#include <string>
#include <string_view>

namespace certes::event {

// The one answer to whether bytes from outside may stand in JSON as they are: RFC 8259, UTF-8, at most kMaxJsonDepth
// deep.
bool is_json_text(std::string_view bytes);

// Adds the payload to a JSON object's text: byte for byte as "data" where it may be JSON and is; else as "text" where
// it is UTF-8; else as "data_base64".
void add_payload(std::string& object, std::string_view payload, bool may_be_json = true);

}  // namespace certes::event
