// Lookups in a request: headers, parameters of path and query.

#include "common/base/form.hpp"
#include "common/http/characters.hpp"
#include "common/http/server/framing.hpp"
#include "common/http/server/server.hpp"

namespace certes::http {

namespace {

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

}  // namespace certes::http
