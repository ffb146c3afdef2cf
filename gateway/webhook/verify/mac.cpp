// One MAC in one header, over parts of the request: GitHub, Meta, Shopify, Slack, Square, Zendesk, and what a source
// of scheme `generic` says.
#include <algorithm>
#include <array>

#include "common/registry/schemes.hpp"
#include "gateway/webhook/verify/checks.hpp"
#include "gateway/webhook/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {
namespace {

using registry::SignedPart;

// What stands behind the prefix.
std::vector<std::string_view> sole_item(std::string_view text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return {};
  return {text.substr(prefix.size())};
}

// The same of a list, whose items each have the prefix; others are passed over. They stand apart by what no encoding
// has, but the prefix may.
std::vector<std::string_view> items_of(std::string_view text, std::string_view prefix) {
  constexpr std::string_view kSeparators = " ,;";
  std::vector<std::string_view> items;
  while (!text.empty()) {
    const bool one = text.starts_with(prefix);
    if (one) text.remove_prefix(prefix.size());
    const std::string_view item = text.substr(0, text.find_first_of(kSeparators));
    if (one && !item.empty()) items.push_back(item);
    text.remove_prefix(std::min(item.size() + 1, text.size()));
  }
  return items;
}

crypto::Hmac::Algorithm algorithm_of(std::string_view name) {
  if (name == "sha1") return crypto::Hmac::Algorithm::sha1;
  return name == "sha512" ? crypto::Hmac::Algorithm::sha512 : crypto::Hmac::Algorithm::sha256;
}

class Mac : public Verifier {
 public:
  // `verify`: as the generic scheme says it.
  Mac(const registry::Verify& verify, std::vector<SignedPart> parts, const std::vector<std::string>& secrets,
      const Clients& clients)
      : how_(verify),
        parts_(std::move(parts)),
        base64_(verify.encoding == "base64"),
        is_list_(verify.scheme == "generic"),
        time_form_(signature::time_form(verify)),
        tolerance_seconds_(registry::tolerance_of(verify)),
        url_from_request_(verify.url.empty() && covers_url(parts_)),
        clients_(clients),
        macs_(secrets, algorithm_of(verify.algorithm)) {
    how_.secrets.clear();
  }

  Effort effort(const http::Request& request) const override {
    if (!request.has_header(how_.header)) return Effort(0);
    std::size_t bytes = how_.url.size();
    for (const SignedPart& part : parts_) bytes += piece(part, {request, {}, {}}).size();
    return macs_.effort(bytes);
  }

  Result<void> verify(const http::Request& request, UnixMillis now, event::JsonDocument&) const override {
    auto text = sole_header(request, how_.header);
    if (!text) return fail(std::move(text.error()));
    auto macs = candidates(*text);
    if (!macs) return fail(std::move(macs.error()));
    std::string_view timestamp;
    if (!how_.timestamp.empty()) {
      auto time = sole_header(request, how_.timestamp);
      if (!time) return fail(std::move(time.error()));
      timestamp = *time;
      if (auto checked = check_time(timestamp, time_form_, how_.timestamp, {now, tolerance_seconds_}); !checked)
        return checked;
    }
    const auto called = url_from_request_ ? clients_.url_of(request) : Result<std::string>();
    if (!called) return fail(called.error());
    const Signed signed_text{request, timestamp, url_from_request_ ? std::string_view(*called) : how_.url};
    if (matches(signed_text, *macs)) return {};
    return fail(refusal(how_.header, "is no signature of this request: it does not verify"));
  }

 private:
  struct Signed {
    const http::Request& request;
    std::string_view timestamp;
    std::string_view url;
  };

  static bool covers_url(const std::vector<SignedPart>& parts) {
    return std::ranges::count(parts, SignedPart::From::url, &SignedPart::from) > 0;
  }

  // Decoded; what is no MAC's encoding is none.
  Result<std::vector<std::string>> candidates(std::string_view text) const {
    const auto items = is_list_ ? items_of(text, how_.prefix) : sole_item(text, how_.prefix);
    if (items.empty()) return fail(refusal(how_.header, "does not begin with " + how_.prefix));
    if (items.size() > crypto::kMaxSignatures) return fail(refusal(how_.header, "has more than 16 signatures"));
    std::vector<std::string> macs;
    for (const std::string_view item : items)
      if (auto mac = base64_ ? crypto::base64_decode(item) : crypto::hex_decode(item)) macs.push_back(std::move(*mac));
    return macs;
  }

  bool matches(const Signed& signed_text, const std::vector<std::string>& macs) const {
    std::array<std::string_view, registry::kMaxSignedParts> pieces;
    for (std::size_t i = 0; i < parts_.size(); ++i) pieces[i] = piece(parts_[i], signed_text);
    return macs_.any(std::span(pieces).first(parts_.size()), macs);
  }

  static std::string_view piece(const SignedPart& part, const Signed& signed_text) {
    const http::Request& request = signed_text.request;
    switch (part.from) {
      case SignedPart::From::text: return part.text;
      case SignedPart::From::body: return request.body;
      case SignedPart::From::url: return signed_text.url;
      case SignedPart::From::path: return request.path;
      case SignedPart::From::query: return request.query;
      case SignedPart::From::method: return request.method;
      case SignedPart::From::timestamp: return signed_text.timestamp;
      case SignedPart::From::header: return request.header(part.text);
    }
    return {};
  }

  registry::Verify how_;
  const std::vector<SignedPart> parts_;
  const bool base64_;
  const bool is_list_;  // there may be several signatures
  const signature::TimeForm time_form_;
  const std::int64_t tolerance_seconds_;
  const bool url_from_request_;  // none is declared
  const Clients& clients_;
  const Macs macs_;
};

}  // namespace

Result<VerifierPtr> make_mac(const registry::Verify& verify, const std::vector<std::string>& secrets,
                             const Clients& clients) {
  const registry::Verify full = signature::as_generic(verify);
  auto parts = registry::parse_signed(full.signed_parts);
  if (!parts) return fail(std::move(parts.error()));
  return VerifierPtr(std::make_unique<Mac>(full, std::move(*parts), secrets, clients));
}

}  // namespace certes::gateway::ingest::verify
