#include <algorithm>
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
constexpr std::string_view kShared = "v1,", kAsymmetric = "v1a,";

// The time and id that are signed, whatever with.
Result<void> check_signed(std::string_view id, std::string_view timestamp, std::int64_t now,
                          std::int64_t tolerance_seconds) {
  if (id.empty()) return fail(Code::unauthenticated, "webhook-id is missing", "webhook-id");
  // Else two ids and bodies would be signed alike: "a.1" and "a", with a time that begins with "1.".
  if (id.find('.') != id.npos) return fail(Code::unauthenticated, "webhook-id holds a '.'", "webhook-id");
  const auto at = parse_unix_seconds(timestamp);
  if (!at) return fail(Code::unauthenticated, "webhook-timestamp is not in unix seconds", "webhook-timestamp");
  if (*at < now - tolerance_seconds)
    return fail(Code::unauthenticated, "webhook-timestamp is too old", "webhook-timestamp");
  if (*at > now + tolerance_seconds)
    return fail(Code::unauthenticated, "webhook-timestamp is in the future", "webhook-timestamp");
  return {};
}

// The list, taken apart; entries of other versions are passed over. Error: it is too long.
struct Entries {
  std::vector<std::string_view> shared;      // v1, whole
  std::vector<std::string_view> asymmetric;  // v1a, whole
};
Result<Entries> entries_of(std::string_view signatures) {
  Entries entries;
  std::size_t count = 0;
  while (!signatures.empty()) {
    const std::string_view one = signatures.substr(0, signatures.find(' '));
    signatures.remove_prefix(std::min(signatures.size(), one.size() + 1));
    if (one.empty()) continue;
    if (++count > kMaxSignatures)
      return fail(Code::unauthenticated,
                  "webhook-signature holds more than " + std::to_string(kMaxSignatures) + " signatures",
                  "webhook-signature");
    if (one.starts_with(kShared)) entries.shared.push_back(one);
    if (one.starts_with(kAsymmetric)) entries.asymmetric.push_back(one);
  }
  return entries;
}

bool any_shared(const std::vector<std::string_view>& entries, std::string_view expected) {
  bool good = false;
  for (const std::string_view one : entries) good = equal_constant_time(one, expected) || good;
  return good;
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
  return verify_webhook({id, timestamp, signatures, body}, {this, 1}, {}, now, tolerance_seconds);
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

Result<void> verify_webhook(const SignedWebhook& webhook, std::span<const StandardWebhooks> secrets,
                            std::span<const StandardWebhooksPublic> keys, std::int64_t now,
                            std::int64_t tolerance_seconds) {
  const auto& [id, timestamp, signatures, body] = webhook;
  if (auto checked = check_signed(id, timestamp, now, tolerance_seconds); !checked) return checked;
  const auto entries = entries_of(signatures);
  if (!entries) return fail(entries.error());
  if (!entries->shared.empty())
    for (const StandardWebhooks& secret : secrets)
      if (any_shared(entries->shared,
                     std::string(kShared) + base64_encode(secret.hmac_.sign({id, ".", timestamp, ".", body}))))
        return {};
  std::string text;  // ed25519 reads it twice, so it must be in one piece
  std::size_t tried = 0;
  for (const std::string_view one : entries->asymmetric) {
    const auto signature = base64_decode(one.substr(kAsymmetric.size()));
    if (!signature || signature->size() != kSignatureBytes) continue;
    for (const StandardWebhooksPublic& key : keys) {
      if (++tried > kMaxVerifications)
        return fail(Code::unauthenticated,
                    "webhook-signature: none of the first " + std::to_string(kMaxVerifications) +
                        " pairs of a signature and a key of this source verifies, and no more are tried",
                    "webhook-signature");
      if (text.empty()) text.append(id).append(1, '.').append(timestamp).append(1, '.').append(body);
      if (ed25519_verify(key.key_.get(), *signature, text)) return {};
    }
  }
  return fail(Code::unauthenticated, "no signature in webhook-signature matches", "webhook-signature");
}

}  // namespace certes::crypto
