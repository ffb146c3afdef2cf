#pragma once
// What the schemes have in common: the header that must be there once, the age of a signature, a MAC by any of several
// secrets. Who: gateway/ingest/verify. Pure.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/server/server.hpp"
#include "common/signature/time.hpp"
#include "gateway/webhook/verify/effort.hpp"

namespace certes::gateway::ingest::verify {

// Unauthenticated, with the header's name in lower case as the pointer.
Error refusal(std::string_view header, std::string_view why);
// Its value. A header that is absent, empty or there twice is refused: of two, nobody could say which one was meant.
Result<std::string_view> sole_header(const http::Request& request, std::string_view name);
struct Tolerance {
  UnixMillis now;
  std::int64_t seconds;  // before and after
};
// Whether a time stands there, in its form, and is within the tolerance.
Result<void> check_time(std::string_view text, signature::TimeForm form, std::string_view header,
                        const Tolerance& tolerance);

// MACs by any of several secrets. Immutable; any thread.
class Macs {
 public:
  Macs(const std::vector<std::string>& secrets, crypto::Hmac::Algorithm algorithm);
  // Whether one of the secrets makes one of these for the parts. One MAC a secret, however many there are to compare it
  // with, and none where nothing has a MAC's length. Each secret is tried, whatever came before.
  bool any(std::span<const std::string_view> parts, std::span<const std::string> candidates) const;
  // Of any() over so many bytes.
  Effort effort(std::size_t bytes) const { return to_hash(bytes * hmacs_.size()); }

 private:
  std::vector<crypto::Hmac> hmacs_;
  std::size_t bytes_;  // of a MAC
};
// Whether `text` is one of the secrets. Each is compared.
bool any_is(const std::vector<std::string>& secrets, std::string_view text);

}  // namespace certes::gateway::ingest::verify
