#include "common/base/form.hpp"

namespace certes {
namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What is before the first separator, which goes too.
std::string_view taken_to(std::string_view& text, char separator) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != separator) ++end;
  const std::string_view taken = text.substr(0, end);
  text = end < text.size() ? text.substr(end + 1) : std::string_view();
  return taken;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      if (i + 2 >= text.size() || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0) return std::nullopt;
      out.push_back(static_cast<char>(hex(text[i + 1]) * 16 + hex(text[i + 2])));
      i += 2;
    }
  }
  return out;
}

std::optional<FormFields> parse_form(std::string_view text) {
  FormFields fields;
  while (!text.empty()) {
    std::string_view value = taken_to(text, '&');
    if (value.empty()) continue;
    auto name = percent_decoded(taken_to(value, '='), true), decoded = percent_decoded(value, true);
    if (!name || !decoded || fields.size() == kMaxFormFields) return std::nullopt;
    fields.emplace_back(std::move(*name), std::move(*decoded));
  }
  return fields;
}

std::optional<std::string> form_field(const FormFields& fields, std::string_view name) {
  for (const auto& [own, value] : fields)
    if (own == name) return value;
  return std::nullopt;
}

}  // namespace certes
