#include <openssl/evp.h>

#include <stdexcept>

#include "common/crypto/crypto.hpp"

namespace certes::crypto {
namespace {

constexpr std::string_view kPrefix = "sealed:v1:";
constexpr std::size_t kKeyBytes = 32;
constexpr std::size_t kIdDigits = 8;
constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }
const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }
int size_of(std::string_view text) { return static_cast<int>(text.size()); }

std::string encrypt(std::string_view key, std::string_view nonce, std::string_view plain, std::string_view context) {
  const Context cipher(EVP_CIPHER_CTX_new());
  std::string sealed(plain.size(), '\0');
  std::string tag(kTagBytes, '\0');
  int size = 0;
  const bool ok = cipher &&
                  EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1 &&
                  EVP_EncryptUpdate(cipher.get(), nullptr, &size, bytes_of(context), size_of(context)) == 1 &&
                  EVP_EncryptUpdate(cipher.get(), bytes_of(sealed), &size, bytes_of(plain), size_of(plain)) == 1 &&
                  EVP_EncryptFinal_ex(cipher.get(), bytes_of(sealed) + size, &size) == 1 &&
                  EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1;
  if (!ok) throw std::runtime_error("openssl: AES-256-GCM failed");
  return sealed + tag;
}

std::optional<std::string> decrypt(std::string_view key, std::string_view nonce, std::string_view sealed,
                                   std::string_view context) {
  const Context cipher(EVP_CIPHER_CTX_new());
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  sealed.remove_suffix(kTagBytes);
  std::string plain(sealed.size(), '\0');
  int size = 0;
  const bool ok =
      cipher && EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key), bytes_of(nonce)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), nullptr, &size, bytes_of(context), size_of(context)) == 1 &&
      EVP_DecryptUpdate(cipher.get(), bytes_of(plain), &size, bytes_of(sealed), size_of(sealed)) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(kTagBytes), tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes_of(plain) + size, &size) == 1;
  if (!ok) return std::nullopt;
  return plain;
}

}  // namespace

Result<Sealer> Sealer::make(const std::vector<std::string>& keys) {
  if (keys.empty()) return fail(Code::invalid, "no sealing key");
  Sealer sealer;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    auto bytes = base64_decode(keys[i]);
    if (!bytes || bytes->size() != kKeyBytes) {
      return fail(Code::invalid, "sealing key " + std::to_string(i + 1) + " is not the base64 of 32 bytes");
    }
    std::string id = hex_encode(sha256("certes sealing key " + *bytes)).substr(0, kIdDigits);
    sealer.keys_.push_back({std::move(id), std::move(*bytes)});
  }
  return sealer;
}

std::string Sealer::new_key() { return base64_encode(random_bytes(kKeyBytes)); }

std::string Sealer::key_id() const { return keys_.front().id; }

std::vector<std::string> Sealer::derived_secrets(std::string_view purpose) const {
  std::vector<std::string> secrets;
  for (const SealingKey& key : keys_)
    secrets.push_back("whsec_" + base64_encode(Hmac(key.bytes).sign({"certes derived secret ", purpose})));
  return secrets;
}

std::string Sealer::seal(std::string_view secret, std::string_view context) const {
  const std::string nonce = random_bytes(kNonceBytes);
  const SealingKey& key = keys_.front();
  return std::string(kPrefix) + key.id + ":" + base64_encode(nonce + encrypt(key.bytes, nonce, secret, context));
}

Result<std::string> Sealer::open(std::string_view sealed, std::string_view context) const {
  if (!sealed.starts_with(kPrefix) || sealed.size() < kPrefix.size() + kIdDigits + 1 ||
      sealed[kPrefix.size() + kIdDigits] != ':') {
    return fail(Code::invalid, "not a sealed secret");
  }
  const std::string_view id = sealed.substr(kPrefix.size(), kIdDigits);
  const auto bytes = base64_decode(sealed.substr(kPrefix.size() + kIdDigits + 1));
  if (!bytes || bytes->size() < kNonceBytes + kTagBytes) return fail(Code::invalid, "not a sealed secret");
  const std::string_view all = *bytes;
  for (const SealingKey& key : keys_) {
    if (key.id != id) continue;
    auto plain = decrypt(key.bytes, all.substr(0, kNonceBytes), all.substr(kNonceBytes), context);
    if (plain) return std::move(*plain);
    return fail(Code::unauthenticated, "the sealed secret was changed, or belongs to another resource");
  }
  return fail(Code::unauthenticated,
              "sealed with the sealing key " + std::string(id) + ", which is not among this process's");
}

}  // namespace certes::crypto
