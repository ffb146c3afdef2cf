// Lookups in a request: headers, parameters of path and query.

#include "common/http/characters.hpp"
#include "common/http/server/form.hpp"
#include "common/http/server/framing.hpp"
#include "common/http/server/server.hpp"

namespace certes::http {

namespace {

int hex(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

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

// What is before the first separator, which goes too.
std::string_view take(std::string_view& text, char separator) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != separator) ++end;
  const std::string_view taken = text.substr(0, end);
  text = end < text.size() ? text.substr(end + 1) : std::string_view();
  return taken;
}

}  // namespace

std::string_view Request::header(std::string_view name) const {
  for (const HeaderView& h : headers)
    if (same_token(h.name, name)) return h.value;
  return {};
}

bool Request::has_header(std::string_view name) const {
  for (const HeaderView& h : headers)
    if (same_token(h.name, name)) return true;
  return false;
}

std::optional<std::string> path_parameter(std::string_view pattern, std::string_view path, std::string_view name) {
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = take(pattern, '/');
    const std::string_view segment = take(path, '/');
    if (wanted.size() == name.size() + 2 && wanted.front() == '{' && wanted.substr(1, name.size()) == name)
      return percent_decoded(segment, false);
  }
  return std::nullopt;
}

std::optional<std::string> query_parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    std::string_view value = take(query, '&');
    if (percent_decoded(take(value, '='), true) == name) return percent_decoded(value, true);
  }
  return std::nullopt;
}

std::vector<std::string> query_names(std::string_view query) {
  std::vector<std::string> names;
  while (!query.empty()) {
    std::string_view value = take(query, '&');
    if (value.empty()) continue;
    const std::string_view written = take(value, '=');
    names.push_back(percent_decoded(written, true).value_or(std::string(written)));
  }
  return names;
}

std::optional<FormFields> parse_form(std::string_view text) {
  FormFields fields;
  while (!text.empty()) {
    std::string_view value = take(text, '&');
    if (value.empty()) continue;
    auto name = percent_decoded(take(value, '='), true), decoded = percent_decoded(value, true);
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

}  // namespace certes::http
