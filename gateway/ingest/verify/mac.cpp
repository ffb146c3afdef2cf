// One MAC in one header, over parts of the request: GitHub, Meta, Shopify, Slack, Square, Zendesk, and what a source
// of scheme `generic` says.
#include <array>

#include "common/registry/schemes.hpp"
#include "gateway/ingest/verify/checks.hpp"
#include "gateway/ingest/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {
namespace {

using registry::SignedPart;

crypto::Hmac::Algorithm algorithm_of(std::string_view name) {
  if (name == "sha1") return crypto::Hmac::Algorithm::sha1;
  return name == "sha512" ? crypto::Hmac::Algorithm::sha512 : crypto::Hmac::Algorithm::sha256;
}

class Mac : public Verifier {
 public:
  Mac(const registry::Verify& verify, std::vector<SignedPart> parts, const std::vector<std::string>& secrets)
      : how_(verify),
        parts_(std::move(parts)),
        base64_(verify.encoding == "base64"),
        tolerance_seconds_(registry::tolerance_of(verify)),
        hmacs_(hmacs_of(secrets, algorithm_of(verify.algorithm))) {
    how_.secrets.clear();
  }

  Result<void> verify(const http::Request& request, UnixMillis now) override {
    auto text = sole_header(request, how_.header);
    if (!text) return fail(std::move(text.error()));
    if (!text->starts_with(how_.prefix)) return fail(refusal(how_.header, "does not begin with " + how_.prefix));
    std::string_view timestamp;
    if (!how_.timestamp.empty()) {
      auto time = sole_header(request, how_.timestamp);
      if (!time) return fail(std::move(time.error()));
      timestamp = *time;
      if (auto checked = check_time(timestamp, how_.timestamp, now, tolerance_seconds_); !checked) return checked;
    }
    const auto encoded = text->substr(how_.prefix.size());
    const auto mac = base64_ ? crypto::base64_decode(encoded) : crypto::hex_decode(encoded);
    if (mac && matches(request, timestamp, *mac)) return {};
    return fail(refusal(how_.header, "is no signature of this request: it does not verify"));
  }

 private:
  bool matches(const http::Request& request, std::string_view timestamp, std::string_view mac) const {
    std::array<std::string_view, registry::kMaxSignedParts> pieces;
    for (std::size_t i = 0; i < parts_.size(); ++i) pieces[i] = piece(parts_[i], request, timestamp);
    return any_makes(hmacs_, std::span(pieces).first(parts_.size()), mac);
  }

  std::string_view piece(const SignedPart& part, const http::Request& request, std::string_view timestamp) const {
    switch (part.from) {
      case SignedPart::From::text: return part.text;
      case SignedPart::From::body: return request.body;
      case SignedPart::From::url: return how_.url;
      case SignedPart::From::path: return request.path;
      case SignedPart::From::query: return request.query;
      case SignedPart::From::method: return request.method;
      case SignedPart::From::timestamp: return timestamp;
      case SignedPart::From::header: return request.header(part.text);
    }
    return {};
  }

  registry::Verify how_;
  const std::vector<SignedPart> parts_;
  const bool base64_;
  const std::int64_t tolerance_seconds_;
  const std::vector<crypto::Hmac> hmacs_;
};

}  // namespace

Result<VerifierPtr> make_mac(const registry::Verify& verify, const std::vector<std::string>& secrets) {
  auto parts = registry::parse_signed(verify.signed_parts);
  if (!parts) return fail(std::move(parts.error()));
  return VerifierPtr(std::make_unique<Mac>(verify, std::move(*parts), secrets));
}

}  // namespace certes::gateway::ingest::verify
