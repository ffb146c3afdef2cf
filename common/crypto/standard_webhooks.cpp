#include <charconv>

#include "common/crypto/crypto.hpp"

namespace certes::crypto {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kMinSecretBytes = 24;
constexpr std::size_t kMaxSecretBytes = 64;

// Plain digits without a sign or leading zeros.
std::optional<std::int64_t> parse_timestamp(std::string_view text) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

Result<StandardWebhooks> StandardWebhooks::make(std::string_view secret) {
  if (secret.starts_with(kSecretPrefix)) secret.remove_prefix(kSecretPrefix.size());
  const auto bytes = base64_decode(secret);
  if (!bytes) return fail(Code::invalid, "a signing secret is whsec_ and base64");
  if (bytes->size() < kMinSecretBytes || bytes->size() > kMaxSecretBytes) {
    return fail(Code::invalid, "a signing secret has 24 to 64 bytes, this one has " + std::to_string(bytes->size()));
  }
  return StandardWebhooks(Hmac(*bytes));
}

std::string StandardWebhooks::new_secret() { return std::string(kSecretPrefix) + base64_encode(random_bytes(32)); }

std::string StandardWebhooks::sign(std::string_view id, std::int64_t timestamp, std::string_view body) const {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, timestamp).ptr;
  const std::string_view time(digits, static_cast<std::size_t>(end - digits));
  return "v1," + base64_encode(hmac_.sign({id, ".", time, ".", body}));
}

Result<void> StandardWebhooks::verify(std::string_view id, std::string_view timestamp, std::string_view signatures,
                                      std::string_view body, std::int64_t now, std::int64_t tolerance_seconds) const {
  if (id.empty()) return fail(Code::unauthenticated, "webhook-id is missing", "webhook-id");
  const auto at = parse_timestamp(timestamp);
  if (!at) return fail(Code::unauthenticated, "webhook-timestamp is not in unix seconds", "webhook-timestamp");
  if (*at < now - tolerance_seconds)
    return fail(Code::unauthenticated, "webhook-timestamp is too old", "webhook-timestamp");
  if (*at > now + tolerance_seconds) {
    return fail(Code::unauthenticated, "webhook-timestamp is in the future", "webhook-timestamp");
  }
  const std::string expected = "v1," + base64_encode(hmac_.sign({id, ".", timestamp, ".", body}));
  while (!signatures.empty()) {
    const std::size_t space = signatures.find(' ');
    if (equal_constant_time(signatures.substr(0, space), expected)) return {};
    signatures.remove_prefix(space == signatures.npos ? signatures.size() : space + 1);
  }
  return fail(Code::unauthenticated, "no signature in webhook-signature matches", "webhook-signature");
}

}  // namespace certes::crypto
