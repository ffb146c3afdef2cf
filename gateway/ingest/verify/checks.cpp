#include "gateway/ingest/verify/checks.hpp"

#include "common/event/attributes.hpp"

namespace certes::gateway::ingest::verify {
namespace {

constexpr std::size_t kDigitsOfMillis = 13;  // until the year 2286, as seconds have 10 until then

std::optional<UnixMillis> parse_time(std::string_view text) {
  if (text.find('T') != text.npos) {
    const UnixMillis at = parse_rfc3339(text);
    return at < 0 ? std::nullopt : std::optional(at);
  }
  const auto number = crypto::parse_unix_seconds(text);
  if (!number || text.size() > kDigitsOfMillis) return std::nullopt;
  return text.size() == kDigitsOfMillis ? *number : *number * 1'000;
}

}  // namespace

Error refusal(std::string_view header, std::string_view why) {
  std::string pointer(header), text(header);
  for (char& c : pointer) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  text.append(1, ' ').append(why);
  return {Code::unauthenticated, std::move(text), std::move(pointer)};
}

Result<std::string_view> sole_header(const http::Request& request, std::string_view name) {
  const http::HeaderView* found = nullptr;
  for (const auto& header : request.headers) {
    if (!event::equal_ignoring_case(header.name, name)) continue;
    if (found != nullptr) return fail(refusal(name, "stands there twice"));
    found = &header;
  }
  if (found == nullptr || found->value.empty()) return fail(refusal(name, "is missing"));
  return found->value;
}

Result<void> check_time(std::string_view text, std::string_view header, UnixMillis now,
                        std::int64_t tolerance_seconds) {
  const auto at = parse_time(text);
  if (!at) return fail(refusal(header, "holds no time stamp: unix seconds, or RFC 3339"));
  // To the second, as providers' own libraries compare.
  const std::int64_t seconds = *at / 1'000, now_seconds = now / 1'000;
  if (seconds < now_seconds - tolerance_seconds) return fail(refusal(header, "is too old"));
  if (seconds > now_seconds + tolerance_seconds) return fail(refusal(header, "is in the future"));
  return {};
}

std::vector<crypto::Hmac> hmacs_of(const std::vector<std::string>& secrets, crypto::Hmac::Algorithm algorithm) {
  std::vector<crypto::Hmac> hmacs;
  hmacs.reserve(secrets.size());
  for (const std::string& secret : secrets) hmacs.emplace_back(secret, algorithm);
  return hmacs;
}

bool any_makes(const std::vector<crypto::Hmac>& hmacs, std::span<const std::string_view> parts, std::string_view mac) {
  bool good = false;
  for (const crypto::Hmac& hmac : hmacs) good = crypto::equal_constant_time(hmac.sign(parts), mac) || good;
  return good;
}

bool any_is(const std::vector<std::string>& secrets, std::string_view text) {
  bool good = false;
  for (const std::string& secret : secrets) good = crypto::equal_constant_time(secret, text) || good;
  return good;
}

}  // namespace certes::gateway::ingest::verify
