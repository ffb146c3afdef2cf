#include "gateway/webhook/verify/checks.hpp"

#include <algorithm>

#include "common/event/attributes.hpp"

namespace certes::gateway::ingest::verify {
namespace {

std::size_t mac_bytes(crypto::Hmac::Algorithm algorithm) {
  switch (algorithm) {
    case crypto::Hmac::Algorithm::sha1: return 20;
    case crypto::Hmac::Algorithm::sha256: return 32;
    case crypto::Hmac::Algorithm::sha512: return 64;
  }
  return 0;
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

Result<void> check_time(std::string_view text, signature::TimeForm form, std::string_view header,
                        const Tolerance& tolerance) {
  const auto at = signature::parse_time(text, form);
  if (!at) return fail(refusal(header, std::string("holds no time stamp: ").append(name_of(form))));
  // To the second, as providers' own libraries compare.
  const std::int64_t seconds = *at / 1'000, now_seconds = tolerance.now / 1'000;
  if (seconds < now_seconds - tolerance.seconds) return fail(refusal(header, "is too old"));
  if (seconds > now_seconds + tolerance.seconds) return fail(refusal(header, "is in the future"));
  return {};
}

Macs::Macs(const std::vector<std::string>& secrets, crypto::Hmac::Algorithm algorithm) : bytes_(mac_bytes(algorithm)) {
  hmacs_.reserve(secrets.size());
  for (const std::string& secret : secrets) hmacs_.emplace_back(secret, algorithm);
}

bool Macs::any(std::span<const std::string_view> parts, std::span<const std::string> candidates) const {
  if (std::ranges::count(candidates, bytes_, &std::string::size) == 0) return false;
  bool good = false;
  for (const crypto::Hmac& hmac : hmacs_) {
    const std::string mac = hmac.sign(parts);
    for (const std::string& candidate : candidates) good = crypto::equal_constant_time(mac, candidate) || good;
  }
  return good;
}

bool any_is(const std::vector<std::string>& secrets, std::string_view text) {
  bool good = false;
  for (const std::string& secret : secrets) good = crypto::equal_constant_time(secret, text) || good;
  return good;
}

}  // namespace certes::gateway::ingest::verify
