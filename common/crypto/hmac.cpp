#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

#include "common/crypto/crypto.hpp"

namespace certes::crypto {
namespace {

// OpenSSL without memory or entropy: nothing that could be done about it.
void require(bool ok, const char* what) {
  if (!ok) throw std::runtime_error(std::string("openssl: ") + what);
}

constexpr std::size_t kMaxBlockBytes = 128;  // of SHA-512

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context new_context() {
  Context context(EVP_MD_CTX_new());
  require(context != nullptr, "no digest context");
  return context;
}

// Fetched once: asking for it by EVP_sha256() costs a search in each call. For the life of the process.
EVP_MD* digest_of(Hmac::Algorithm algorithm) {
  static EVP_MD* const sha1 = EVP_MD_fetch(nullptr, "SHA1", nullptr);
  static EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  static EVP_MD* const sha512 = EVP_MD_fetch(nullptr, "SHA512", nullptr);
  switch (algorithm) {
    case Hmac::Algorithm::sha1: return sha1;
    case Hmac::Algorithm::sha256: return sha256;
    case Hmac::Algorithm::sha512: return sha512;
  }
  return sha256;
}

void update(EVP_MD_CTX* context, const void* data, std::size_t size) {
  require(EVP_DigestUpdate(context, data, size) == 1, "digest update");
}

// A digest that has read one block of the key, each byte of it XOR `pad`.
Context keyed(EVP_MD* digest, std::string_view key, unsigned char pad) {
  unsigned char block[kMaxBlockBytes] = {};
  const auto size = static_cast<std::size_t>(EVP_MD_get_block_size(digest));
  std::copy(key.begin(), key.end(), block);
  for (std::size_t i = 0; i < size; ++i) block[i] ^= pad;
  Context context = new_context();
  require(EVP_DigestInit_ex2(context.get(), digest, nullptr) == 1, "no such digest");
  update(context.get(), block, size);
  OPENSSL_cleanse(block, sizeof block);
  return context;
}

std::string digest(EVP_MD* algorithm, std::string_view bytes) {
  std::string out(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
  unsigned size = 0;
  const int ok =
      EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()), &size, algorithm, nullptr);
  require(ok == 1, "no digest");
  return out;
}

}  // namespace

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  require(RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1, "no random bytes");
  return bytes;
}

std::string sha256(std::string_view bytes) { return digest(digest_of(Hmac::Algorithm::sha256), bytes); }

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

// RFC 2104: H(key ^ opad, H(key ^ ipad, text)), both keys read in advance.
struct Hmac::Keys {
  Context inner, outer;
};

Hmac::Hmac(std::string_view key, Algorithm algorithm) {
  EVP_MD* const with = digest_of(algorithm);
  require(with != nullptr, "no such digest");
  const bool is_long = key.size() > static_cast<std::size_t>(EVP_MD_get_block_size(with));
  std::string shorter = is_long ? digest(with, key) : std::string();
  if (is_long) key = shorter;
  keys_ = std::make_shared<const Keys>(Keys{keyed(with, key, 0x36), keyed(with, key, 0x5c)});
  OPENSSL_cleanse(shorter.data(), shorter.size());
}

// A copy into a context that is there costs half of what a new one does, or EVP_MAC's with its three.
std::string Hmac::sign(std::span<const std::string_view> parts) const {
  thread_local const Context work = new_context();
  unsigned char mac[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  require(EVP_MD_CTX_copy_ex(work.get(), keys_->inner.get()) == 1, "no copy of the inner digest");
  for (const std::string_view part : parts) update(work.get(), part.data(), part.size());
  require(EVP_DigestFinal_ex(work.get(), mac, &size) == 1, "inner digest");
  require(EVP_MD_CTX_copy_ex(work.get(), keys_->outer.get()) == 1, "no copy of the outer digest");
  update(work.get(), mac, size);
  require(EVP_DigestFinal_ex(work.get(), mac, &size) == 1, "outer digest");
  return {reinterpret_cast<const char*>(mac), size};
}

}  // namespace certes::crypto
