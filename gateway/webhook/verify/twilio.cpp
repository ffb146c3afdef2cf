// Twilio: X-Twilio-Signature is base64 of HMAC-SHA1, with the auth token, over the URL that Twilio calls (the declared
// one, else the request's) and, of a
// form, its fields sorted by name, each name and value in a row (equal names: distinct values, sorted). Other bodies
// are bound by `bodySHA256` in the query, which is part of that URL.
#include <algorithm>

#include "common/base/form.hpp"
#include "common/event/attributes.hpp"
#include "gateway/webhook/verify/checks.hpp"
#include "gateway/webhook/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {
namespace {

constexpr std::string_view kHeader = "X-Twilio-Signature";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";

// The URL as Twilio may have signed it: as it is, without a port, and with the scheme's own.
constexpr std::size_t kMaxBases = 3;
std::vector<std::string> bases_of(std::string_view url) {
  url = url.substr(0, url.find('?'));
  const bool https = url.starts_with("https://");
  const std::size_t host = https ? 8 : 7;
  const std::size_t path = std::min(url.find('/', host), url.size());
  const std::size_t colon = url.substr(0, path).rfind(':');
  const bool has_port = colon != url.npos && colon > host && url.substr(0, path).find(']', colon) == url.npos;
  const std::string front(url.substr(0, has_port ? colon : path)), rest(url.substr(path));
  std::vector<std::string> bases = {std::string(url)};
  for (const std::string& other : {front + rest, front + (https ? ":443" : ":80") + rest})
    if (std::ranges::count(bases, other) == 0) bases.push_back(other);
  return bases;
}

std::string sorted_text(FormFields fields) {
  std::ranges::sort(fields);
  fields.erase(std::unique(fields.begin(), fields.end()), fields.end());
  std::string text;
  for (const auto& [name, value] : fields) text.append(name).append(value);
  return text;
}

class Twilio : public Verifier {
 public:
  Twilio(std::string_view url, const std::vector<std::string>& secrets, const Clients& clients)
      : declared_(url.empty() ? std::vector<std::string>() : bases_of(url)),
        clients_(clients),
        macs_(secrets, crypto::Hmac::Algorithm::sha1) {}

  Effort effort(const http::Request& request) const override {
    if (!request.has_header(kHeader)) return Effort(0);
    const std::size_t signed_bytes = request.query.size() + request.body.size();
    return to_hash(2 * request.body.size()) + static_cast<Effort::rep>(kMaxBases) * macs_.effort(signed_bytes);
  }

  Result<void> verify(const http::Request& request, UnixMillis, event::JsonDocument&) const override {
    const auto signature = sole_header(request, kHeader);
    if (!signature) return fail(signature.error());
    auto fields = bound_fields(request);
    if (!fields) return fail(std::move(fields.error()));
    const auto bases = bases_for(request);
    if (!bases) return fail(bases.error());
    const std::string mac = crypto::base64_decode(*signature).value_or("");
    for (const std::string& base : *bases) {
      const std::string_view parts[] = {base, request.query.empty() ? "" : "?", request.query, *fields};
      if (macs_.any(parts, {&mac, 1})) return {};
    }
    return fail(refusal(kHeader, "does not verify as " + bases->front() +
                                     ": check verify.url, which must be the URL that Twilio calls"));
  }

 private:
  // Of the declared URL, else of the one that was called.
  Result<std::vector<std::string>> bases_for(const http::Request& request) const {
    if (!declared_.empty()) return declared_;
    const auto url = clients_.url_of(request);
    if (!url) return fail(url.error());
    return bases_of(*url);
  }

  // What of the body is signed behind the URL.
  static Result<std::string> bound_fields(const http::Request& request) {
    if (const auto digest = http::query_parameter(request.query, "bodySHA256")) {
      const auto bytes = crypto::hex_decode(*digest);
      if (bytes && crypto::equal_constant_time(*bytes, crypto::sha256(request.body))) return std::string();
      return fail(Code::unauthenticated, "bodySHA256 is not the digest of this body", "bodySHA256");
    }
    if (request.body.empty()) return std::string();
    if (!event::equal_ignoring_case(event::media_type(request.header("content-type")), kForm))
      return fail(Code::unauthenticated, "the body is no form, and no bodySHA256 in the query binds it", "bodySHA256");
    auto fields = parse_form(request.body);
    if (!fields)
      return fail(Code::unauthenticated, "the form is not properly percent-encoded, or has more than " +
                                             std::to_string(kMaxFormFields) + " fields");
    return sorted_text(std::move(*fields));
  }

  const std::vector<std::string> declared_;
  const Clients& clients_;
  const Macs macs_;
};

}  // namespace

VerifierPtr make_twilio(const registry::Verify& verify, const std::vector<std::string>& secrets,
                        const Clients& clients) {
  return std::make_unique<Twilio>(verify.url, secrets, clients);
}

}  // namespace certes::gateway::ingest::verify
