#pragma once
// What Certes needs of cryptography, over OpenSSL: HMAC with prepared contexts, Standard Webhooks signatures, API keys,
// sealing of secrets, random bytes, base64. Who: gateway (verify), dispatcher (sign), registry and API (seal), the
// Kafka engine (base64).

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.hpp"

namespace certes::crypto {

std::string random_bytes(std::size_t count);
std::string base64_encode(std::string_view bytes);
std::string base64url_encode(std::string_view bytes);  // no padding
// Standard alphabet with padding, strictly; nothing if malformed.
std::optional<std::string> base64_decode(std::string_view text);
std::string hex_encode(std::string_view bytes);  // lower case
std::optional<std::string> hex_decode(std::string_view text);
std::string sha256(std::string_view bytes);  // 32 bytes
bool equal_constant_time(std::string_view a, std::string_view b);

// HMAC with the key schedule done once. Copies share it. sign: any thread, at once.
class Hmac {
 public:
  enum class Algorithm : std::uint8_t { sha1, sha256, sha512 };
  Hmac(std::string_view key, Algorithm algorithm = Algorithm::sha256);
  // MAC of the parts in a row.
  std::string sign(std::initializer_list<std::string_view> parts) const {
    return sign(std::span<const std::string_view>(parts.begin(), parts.size()));
  }
  std::string sign(std::span<const std::string_view> parts) const;

 private:
  struct Keys;
  std::shared_ptr<const Keys> keys_;
};

// What Standard Webhooks signs, and the header's list of signatures.
struct SignedWebhook {
  std::string_view id, timestamp, signatures, body;
};
// Of a list: above, nothing of it is believed. The bound is there for who checks: each entry may cost a verification.
inline constexpr std::size_t kMaxSignatures = 16;
// Of one request by ed25519, entries times keys: what is beyond them is not tried.
inline constexpr std::size_t kMaxVerifications = 16;

class StandardWebhooksPublic;

// Standard Webhooks 1.0.0 (github.com/standard-webhooks/standard-webhooks), symmetric: v1.
class StandardWebhooks {
 public:
  // `secret`: whsec_ + base64 of 24-64 bytes, or the base64 alone. Error: invalid.
  static Result<StandardWebhooks> make(std::string_view secret);
  static std::string new_secret();  // whsec_…, 32 random bytes
  // "v1,<base64>"
  std::string sign(std::string_view id, std::int64_t timestamp, std::string_view body) const;
  // By this secret alone: verify_webhook.
  Result<void> verify(std::string_view id, std::string_view timestamp, std::string_view signatures,
                      std::string_view body, std::int64_t now, std::int64_t tolerance_seconds) const;

 private:
  friend Result<void> verify_webhook(const SignedWebhook&, std::span<const StandardWebhooks>,
                                     std::span<const StandardWebhooksPublic>, std::int64_t, std::int64_t);
  explicit StandardWebhooks(Hmac hmac) : hmac_(std::move(hmac)) {}
  Hmac hmac_;
};

// The same, asymmetric: v1a, ed25519 over the same bytes.
class StandardWebhooksPublic {
 public:
  static constexpr std::string_view kPrefix = "whpk_";
  // `key`: whpk_ + base64 of 32 bytes. Error: invalid.
  static Result<StandardWebhooksPublic> make(std::string_view key);

 private:
  friend Result<void> verify_webhook(const SignedWebhook&, std::span<const StandardWebhooks>,
                                     std::span<const StandardWebhooksPublic>, std::int64_t, std::int64_t);
  std::shared_ptr<void> key_;
};

// Whether one entry of the list is made by one of the secrets (v1) or verifies by one of the keys (v1a). One MAC a
// secret, whatever the number of entries, and none where there is no entry it could be compared with; at most
// kMaxVerifications by keys. Errors: unauthenticated with which check failed. Any thread.
Result<void> verify_webhook(const SignedWebhook& webhook, std::span<const StandardWebhooks> secrets,
                            std::span<const StandardWebhooksPublic> keys, std::int64_t now,
                            std::int64_t tolerance_seconds);

// Plain digits without a sign or leading zeros, as time stamps of signatures are written; nothing if it is none.
std::optional<std::int64_t> parse_unix_seconds(std::string_view text);

// API keys: "certes_" + 43 characters of base64url; only the SHA-256 (hex) is kept.
std::string new_api_key();
std::string hash_api_key(std::string_view key);

// Seals secrets with AES-256-GCM. Form: "sealed:v1:" + key id (8 hex) + ":" + base64(nonce ‖ ciphertext ‖ tag); the
// `context` (tenant/kind/id) is authenticated with it, so that a sealed secret cannot be moved to another resource.
class Sealer {
 public:
  // Base64 of 32 bytes each; the first seals, all open. Error: invalid with which one.
  static Result<Sealer> make(const std::vector<std::string>& keys);
  static std::string new_key();
  std::string seal(std::string_view secret, std::string_view context) const;
  // Errors: unauthenticated (no key opens it: wrong sealing key), invalid (not a sealed secret).
  Result<std::string> open(std::string_view sealed, std::string_view context) const;
  std::string key_id() const;  // of the first
  // A signing secret (whsec_…) that follows from each key and the purpose, so that every process has the same without
  // keeping it. The first key's first; never empty.
  std::vector<std::string> derived_secrets(std::string_view purpose) const;

 private:
  struct SealingKey {
    std::string id;
    std::string bytes;
  };
  std::vector<SealingKey> keys_;
};

}  // namespace certes::crypto
