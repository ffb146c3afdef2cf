// A value that both sides know, sent as it is: in a header or in the body, as name and password, or as the fingerprint
// or subject of a client certificate that a trusted proxy has verified.
#include "common/event/attributes.hpp"
#include "common/event/coding.hpp"
#include "common/event/json_document.hpp"
#include "gateway/webhook/verify/checks.hpp"
#include "gateway/webhook/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {
namespace {

class HeaderValue : public Verifier {
 public:
  HeaderValue(std::string header, std::vector<std::string> secrets)
      : header_(std::move(header)), secrets_(std::move(secrets)) {}
  Effort effort(const http::Request&) const override { return Effort(0); }
  Result<void> verify(const http::Request& request, UnixMillis, event::JsonDocument&) const override {
    const auto value = sole_header(request, header_);
    if (!value) return fail(value.error());
    if (any_is(secrets_, *value)) return {};
    return fail(refusal(header_, "is not the secret"));
  }

 private:
  const std::string header_;
  const std::vector<std::string> secrets_;
};

class BodyValue : public Verifier {
 public:
  BodyValue(std::string pointer, std::vector<std::string> secrets, std::size_t most_unpacked)
      : pointer_(std::move(pointer)), secrets_(std::move(secrets)), most_unpacked_(most_unpacked) {}
  Effort effort(const http::Request& request) const override {
    if (event::content_coding(request.headers).empty()) return to_parse(request.body, kLongestOnLoop);
    return to_parse_unseen(event::most_unpacked(request.body.size(), most_unpacked_));
  }
  Effort cost(const http::Request& request) const override {
    const std::string coding = event::content_coding(request.headers);
    if (coding.empty()) return to_parse(request.body, Effort::max());
    const auto unpacked = event::unpack(coding, request.body, most_unpacked_);
    const std::size_t bytes = event::most_unpacked(request.body.size(), most_unpacked_);
    return to_hash(unpacked ? unpacked->size() : bytes) + (unpacked ? to_parse(*unpacked, Effort::max()) : Effort(0));
  }
  Result<void> verify(const http::Request& request, UnixMillis, event::JsonDocument& scratch) const override {
    const std::string coding = event::content_coding(request.headers);
    const auto unpacked = coding.empty() ? Result<std::string>() : event::unpack(coding, request.body, most_unpacked_);
    if (!unpacked) return fail(Code::unauthenticated, unpacked.error().message, unpacked.error().pointer);
    if (auto parsed = scratch.parse(coding.empty() ? request.body : std::string_view(*unpacked)); !parsed)
      return fail(Code::unauthenticated, "the secret is sought in JSON, but " + parsed.error().message, pointer_);
    // A string: a number that is written like the secret is another value.
    const auto value = scratch.string_at(pointer_);
    if (!value) return fail(Code::unauthenticated, "the body has no string at " + pointer_, pointer_);
    if (any_is(secrets_, *value)) return {};
    return fail(Code::unauthenticated, "the value at " + pointer_ + " is not the secret", pointer_);
  }

 private:
  const std::string pointer_;
  const std::vector<std::string> secrets_;
  const std::size_t most_unpacked_;
};

class Basic : public Verifier {
 public:
  explicit Basic(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {}
  Effort effort(const http::Request&) const override { return Effort(0); }
  Result<void> verify(const http::Request& request, UnixMillis, event::JsonDocument&) const override {
    constexpr std::string_view kHeader = "Authorization", kWord = "Basic ";
    const auto value = sole_header(request, kHeader);
    if (!value) return fail(value.error());
    if (!event::equal_ignoring_case(value->substr(0, kWord.size()), kWord))
      return fail(refusal(kHeader, "is not of the scheme Basic"));
    const auto pair = crypto::base64_decode(value->substr(kWord.size()));
    if (pair && any_is(secrets_, *pair)) return {};
    return fail(refusal(kHeader, "has not the name and password of this source"));
  }

 private:
  const std::vector<std::string> secrets_;
};

// 40, 64 or 128 hexadecimal digits, in pairs with or without colons, are a fingerprint: its digits in lower case.
// Anything else is a subject: as it is.
std::string comparable(std::string_view text) {
  std::string digits;
  for (const char c : text)
    if (c != ':') digits += c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  const bool hex = digits.find_first_not_of("0123456789abcdef") == std::string::npos;
  const bool length = digits.size() == 40 || digits.size() == 64 || digits.size() == 128;
  return hex && length ? digits : std::string(text);
}

class ClientCertificate : public Verifier {
 public:
  ClientCertificate(std::string header, const std::vector<std::string>& secrets, const Clients& clients)
      : header_(std::move(header)), clients_(clients) {
    for (const std::string& secret : secrets) secrets_.push_back(comparable(secret));
  }
  Effort effort(const http::Request&) const override { return Effort(0); }
  Result<void> verify(const http::Request& request, UnixMillis, event::JsonDocument&) const override {
    const auto value = sole_header(request, header_);
    if (!value) return fail(value.error());
    if (!clients_.is_trusted_proxy(request.peer))
      return fail(refusal(header_, "counts only from a proxy of gateway.trusted_proxies, which " +
                                       std::string(request.peer) + " is not"));
    if (any_is(secrets_, comparable(*value))) return {};
    return fail(refusal(header_, "names another certificate"));
  }

 private:
  const std::string header_;
  const Clients& clients_;
  std::vector<std::string> secrets_;
};

}  // namespace

VerifierPtr make_value(const registry::Verify& verify, const std::vector<std::string>& secrets,
                       std::size_t most_unpacked) {
  if (verify.pointer.empty()) return std::make_unique<HeaderValue>(verify.header, secrets);
  return std::make_unique<BodyValue>(verify.pointer, secrets, most_unpacked);
}

VerifierPtr make_basic(const std::vector<std::string>& secrets) { return std::make_unique<Basic>(secrets); }

VerifierPtr make_client_certificate(const registry::Verify& verify, const std::vector<std::string>& secrets,
                                    const Clients& clients) {
  return std::make_unique<ClientCertificate>(verify.header, secrets, clients);
}

}  // namespace certes::gateway::ingest::verify
