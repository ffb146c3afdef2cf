#include "gateway/ingest/preference.hpp"

#include <charconv>

#include "common/event/attributes.hpp"

namespace certes::gateway::ingest {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) + 1 - begin);
}

// `end` as it stands outside quotes; the text's end if it does not.
std::size_t find_unquoted(std::string_view text, char end) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (!quoted && text[i] == end) {
      return i;
    }
  }
  return text.size();
}

// Of `wait=10`, `wait = "10"; x=y`. Digits that are too many are more than is waited in any case.
std::optional<std::chrono::seconds> wait_of(std::string_view preference) {
  preference = preference.substr(0, find_unquoted(preference, ';'));
  const std::size_t equals = preference.find('=');
  if (equals == preference.npos || !event::equal_ignoring_case(trimmed(preference.substr(0, equals)), "wait"))
    return {};
  std::string_view value = trimmed(preference.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  if (value.empty() || value.find_first_not_of("0123456789") != value.npos) return {};
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error == std::errc::result_out_of_range) return kLongestWait;
  return std::min(kLongestWait, std::chrono::seconds(seconds));
}

}  // namespace

std::optional<std::chrono::seconds> preferred_wait(const http::Request& request) {
  for (const auto& header : request.headers) {
    if (header.name.size() != 6 || !event::equal_ignoring_case(header.name, "prefer")) continue;
    for (std::string_view rest = header.value; !rest.empty();) {
      const std::size_t end = find_unquoted(rest, ',');
      if (const auto wait = wait_of(rest.substr(0, end))) return *wait > std::chrono::seconds(0) ? wait : std::nullopt;
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return std::nullopt;
}

}  // namespace certes::gateway::ingest
