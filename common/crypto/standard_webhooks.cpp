#include <charconv>

#include "common/crypto/crypto.hpp"
#include "common/crypto/ed25519.hpp"

namespace certes::crypto {
namespace {

constexpr std::string_view kSecretPrefix = "whsec_";
constexpr std::size_t kMinSecretBytes = 24;
constexpr std::size_t kMaxSecretBytes = 64;

constexpr std::size_t kPublicKeyBytes = 32;
constexpr std::size_t kSignatureBytes = 64;
constexpr std::string_view kAsymmetric = "v1a,";

// The time and id that are signed, whatever with.
Result<void> check_signed(std::string_view id, std::string_view timestamp, std::int64_t now,
                          std::int64_t tolerance_seconds) {
  if (id.empty()) return fail(Code::unauthenticated, "webhook-id is missing", "webhook-id");
  const auto at = parse_unix_seconds(timestamp);
  if (!at) return fail(Code::unauthenticated, "webhook-timestamp is not in unix seconds", "webhook-timestamp");
  if (*at < now - tolerance_seconds)
    return fail(Code::unauthenticated, "webhook-timestamp is too old", "webhook-timestamp");
  if (*at > now + tolerance_seconds)
    return fail(Code::unauthenticated, "webhook-timestamp is in the future", "webhook-timestamp");
  return {};
}

// Whether `good` is true of one entry of the list.
template <class Good>
Result<void> any_of(std::string_view signatures, Good good) {
  while (!signatures.empty()) {
    const std::size_t space = signatures.find(' ');
    if (good(signatures.substr(0, space))) return {};
    signatures.remove_prefix(space == signatures.npos ? signatures.size() : space + 1);
  }
  return fail(Code::unauthenticated, "no signature in webhook-signature matches", "webhook-signature");
}

}  // namespace

std::optional<std::int64_t> parse_unix_seconds(std::string_view text) {
  if (text.empty() || text[0] < '1' || text[0] > '9') return std::nullopt;
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

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
  if (auto checked = check_signed(id, timestamp, now, tolerance_seconds); !checked) return checked;
  const std::string expected = "v1," + base64_encode(hmac_.sign({id, ".", timestamp, ".", body}));
  return any_of(signatures, [&](std::string_view one) { return equal_constant_time(one, expected); });
}

Result<StandardWebhooksPublic> StandardWebhooksPublic::make(std::string_view key) {
  if (!key.starts_with(kPrefix)) return fail(Code::invalid, "a public key is whpk_ and base64");
  const auto bytes = base64_decode(key.substr(kPrefix.size()));
  if (!bytes || bytes->size() != kPublicKeyBytes)
    return fail(Code::invalid, "a public key is whpk_ and base64 of 32 bytes");
  StandardWebhooksPublic made;
  made.key_ = ed25519_public_key(*bytes);
  if (!made.key_) return fail(Code::invalid, "this public key is none of ed25519");
  return made;
}

Result<void> StandardWebhooksPublic::verify(std::string_view id, std::string_view timestamp,
                                            std::string_view signatures, std::string_view body, std::int64_t now,
                                            std::int64_t tolerance_seconds) const {
  if (auto checked = check_signed(id, timestamp, now, tolerance_seconds); !checked) return checked;
  std::string text;  // ed25519 reads it twice, so it must be in one piece
  text.reserve(id.size() + timestamp.size() + body.size() + 2);
  text.append(id).append(1, '.').append(timestamp).append(1, '.').append(body);
  return any_of(signatures, [&](std::string_view one) {
    if (!one.starts_with(kAsymmetric)) return false;
    const auto signature = base64_decode(one.substr(kAsymmetric.size()));
    return signature && signature->size() == kSignatureBytes && ed25519_verify(key_.get(), *signature, text);
  });
}

}  // namespace certes::crypto
