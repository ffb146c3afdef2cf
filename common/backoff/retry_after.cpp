#include "common/backoff/retry_after.hpp"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>

namespace certes::backoff {
namespace {

constexpr std::int64_t kLongestSeconds = 100ll * 366 * 86'400;

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<Millis> parse_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    seconds = std::min(kLongestSeconds, seconds * 10 + (c - '0'));
  }
  return std::chrono::seconds{seconds};
}

std::optional<Millis> parse_date(const std::string& text, UnixMillis now) {
  static constexpr std::array kForms = {"%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %e %H:%M:%S %Y"};
  for (const char* form : kForms) {
    std::tm parts{};
    const char* end = ::strptime(text.c_str(), form, &parts);
    if (end == nullptr || *end != '\0') continue;
    const UnixMillis at = static_cast<UnixMillis>(::timegm(&parts)) * 1000;
    return std::clamp(Millis{at - now}, Millis{0}, Millis{kLongestSeconds * 1000});
  }
  return std::nullopt;
}

}  // namespace

std::optional<Millis> parse_retry_after(std::string_view value, UnixMillis now) {
  const std::string_view text = trimmed(value);
  if (text.empty() || text.size() > 64) return std::nullopt;
  if (text.front() >= '0' && text.front() <= '9') return parse_seconds(text);
  return parse_date(std::string(text), now);
}

}  // namespace certes::backoff
