#include "common/event/payload_view.hpp"

#include "common/crypto/crypto.hpp"
#include "common/event/attributes.hpp"
#include "common/event/json_document.hpp"
#include "common/event/structured.hpp"
#include "common/json/json_text.hpp"

namespace certes::event {

bool is_json_text(std::string_view bytes) { return JsonDocument().parse(bytes).has_value(); }

void add_payload(std::string& object, std::string_view payload, bool may_be_json) {
  if (may_be_json && is_json_text(payload)) return add_raw_member(object, "data", payload);
  std::string text;
  if (valid_utf8(payload)) {
    append_json_string(text, payload);
    return add_raw_member(object, "text", text);
  }
  text.append(1, '"').append(crypto::base64_encode(payload)).append(1, '"');
  add_raw_member(object, "data_base64", text);
}

}  // namespace certes::event
