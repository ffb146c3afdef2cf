#include "certes/commands/data_argument.hpp"

#include <algorithm>

#include "common/event/attributes.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSpace = " \t\r\n";

std::string trimmed(const std::string& text) {
  const auto first = text.find_first_not_of(kSpace);
  return text.substr(first, text.find_last_not_of(kSpace) + 1 - first);
}

bool looks_like_json(const std::string& text) {
  const auto first = text.find_first_not_of(kSpace);
  return first != text.npos && std::string_view("{[\"").find(text[first]) != std::string_view::npos;
}

}  // namespace

bool is_text(std::string_view bytes) {
  const auto control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0x7f;
  };
  return event::valid_utf8(bytes) && std::ranges::none_of(bytes, control);
}

Result<std::string> json_of_data(const std::string& data, bool as_string) {
  if (!as_string) {
    const auto json = parse_json<Json>(data);
    if (json) return trimmed(data);
    if (looks_like_json(data))
      return fail(Code::invalid,
                  "DATA looks like JSON and is none: " + json.error().message + "; --text sends it as a string");
  }
  if (!is_text(data)) return fail(Code::invalid, "DATA is neither JSON nor text: it holds bytes that no text has");
  return Json(data).dump();
}

}  // namespace certes::command
