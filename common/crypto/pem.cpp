#include "common/crypto/pem.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <ctime>
#include <memory>
#include <string>

namespace certes::crypto {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Certificate = std::unique_ptr<X509, Free<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;

constexpr std::string_view kBegin = "-----BEGIN ";

Bio reader(std::string_view pem) { return Bio(::BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

Certificate next_certificate(BIO* from) { return Certificate(::PEM_read_bio_X509(from, nullptr, nullptr, nullptr)); }

// Nobody is there to be asked.
int no_password(char*, int, int, void*) { return -1; }

std::size_t blocks(std::string_view pem) {
  std::size_t count = 0;
  for (std::size_t at = pem.find(kBegin); at != pem.npos; at = pem.find(kBegin, at + 1)) ++count;
  return count;
}

}  // namespace

Result<void> check_certificates(std::string_view pem) {
  const std::size_t all = blocks(pem);
  if (all == 0)
    return fail(Code::invalid, "holds no certificate in PEM, which begins with -----BEGIN CERTIFICATE-----");
  const Bio from = reader(pem);
  for (std::size_t i = 1; i <= all; ++i) {
    const bool good = next_certificate(from.get()) != nullptr;
    ::ERR_clear_error();
    if (!good) return fail(Code::invalid, "block " + std::to_string(i) + " of it is no certificate that can be read");
  }
  return {};
}

Result<void> check_key(std::string_view pem, std::string_view certificates) {
  if (pem.find("ENCRYPTED") != pem.npos) return fail(Code::invalid, "is encrypted, and nobody is there to be asked");
  const Bio from = reader(pem), beside = reader(certificates);
  const Key key(::PEM_read_bio_PrivateKey(from.get(), nullptr, &no_password, nullptr));
  const Certificate certificate = next_certificate(beside.get());
  const bool fits = key && certificate && ::X509_check_private_key(certificate.get(), key.get()) == 1;
  ::ERR_clear_error();
  if (!key) return fail(Code::invalid, "is no private key in PEM that can be read");
  if (!fits) return fail(Code::invalid, "is not the key of the certificate");
  return {};
}

Result<UnixMillis> valid_until(std::string_view certificates) {
  const Bio from = reader(certificates);
  const Certificate certificate = next_certificate(from.get());
  ::ERR_clear_error();
  std::tm last{};
  if (!certificate || ::ASN1_TIME_to_tm(::X509_get0_notAfter(certificate.get()), &last) != 1)
    return fail(Code::invalid, "its end cannot be read");
  return static_cast<UnixMillis>(::timegm(&last)) * 1'000;
}

}  // namespace certes::crypto
