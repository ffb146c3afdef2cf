#include "common/signature/time.hpp"

#include "common/crypto/crypto.hpp"

namespace certes::signature {
namespace {

constexpr std::size_t kDigitsOfMillis = 13;  // until the year 2286, as seconds have 10 until then

std::optional<UnixMillis> parse_digits(std::string_view text, bool may_be_millis) {
  const auto number = crypto::parse_unix_seconds(text);
  if (!number || text.size() > kDigitsOfMillis) return std::nullopt;
  if (text.size() < kDigitsOfMillis) return *number * 1'000;
  return may_be_millis ? number : std::nullopt;
}

}  // namespace

std::optional<UnixMillis> parse_time(std::string_view text, TimeForm form) {
  if (form == TimeForm::unix_seconds) return parse_digits(text, false);
  if (form == TimeForm::any && text.find('T') == text.npos) return parse_digits(text, true);
  const UnixMillis at = parse_rfc3339(text);
  return at < 0 ? std::nullopt : std::optional(at);
}

std::string_view name_of(TimeForm form) {
  switch (form) {
    case TimeForm::unix_seconds: return "unix seconds";
    case TimeForm::rfc3339: return "RFC 3339";
    case TimeForm::any: break;
  }
  return "unix seconds or milliseconds, or RFC 3339";
}

}  // namespace certes::signature
