#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <stdexcept>

#include "common/crypto/crypto.hpp"

namespace certes::crypto {
namespace {

// OpenSSL without memory or entropy: nothing that could be done about it.
void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("openssl: ") + what);
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

struct FreeContext {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MAC_CTX, FreeContext>;

EVP_MAC* hmac_implementation() {
  static EVP_MAC* const mac = EVP_MAC_fetch(nullptr, "HMAC", nullptr);  // for the life of the process
  return mac;
}

const char* digest_name(Hmac::Algorithm algorithm) {
  switch (algorithm) {
    case Hmac::Algorithm::sha1: return "SHA1";
    case Hmac::Algorithm::sha256: return "SHA256";
    case Hmac::Algorithm::sha512: return "SHA512";
  }
  return "SHA256";
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  require(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1, "no random bytes");
  return bytes;
}

std::string sha256(std::string_view bytes) {
  std::string digest(32, '\0');
  // Fetched once: asking for it by EVP_sha256() costs a search in each call.
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  unsigned size = 0;
  const int ok = EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
                            algorithm, nullptr);
  require(ok == 1, "no SHA-256");
  return digest;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Hmac::Hmac(std::string_view key, Algorithm algorithm) {
  Context context(EVP_MAC_CTX_new(hmac_implementation()));
  require(context != nullptr, "no HMAC");
  OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, const_cast<char*>(digest_name(algorithm)), 0),
      OSSL_PARAM_construct_end()};
  // A key of no bytes still is a key: the pointer must not be null.
  const unsigned char* const bytes = key.empty() ? reinterpret_cast<const unsigned char*>("") : bytes_of(key);
  require(EVP_MAC_init(context.get(), bytes, key.size(), parameters) == 1, "HMAC refuses the key");
  context_ = std::shared_ptr<EVP_MAC_CTX>(std::move(context));
}

std::string Hmac::sign(std::span<const std::string_view> parts) const {
  const Context context(EVP_MAC_CTX_dup(static_cast<const EVP_MAC_CTX*>(context_.get())));
  require(context != nullptr, "no copy of the HMAC context");
  for (const std::string_view part : parts) {
    require(EVP_MAC_update(context.get(), bytes_of(part), part.size()) == 1, "HMAC update");
  }
  unsigned char mac[EVP_MAX_MD_SIZE];
  std::size_t size = 0;
  require(EVP_MAC_final(context.get(), mac, &size, sizeof mac) == 1, "HMAC final");
  return {reinterpret_cast<const char*>(mac), size};
}

}  // namespace certes::crypto
