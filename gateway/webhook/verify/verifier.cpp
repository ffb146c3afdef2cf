#include "gateway/webhook/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {
namespace {

// Providers whose scheme is a MAC in one header: the generic scheme with everything said.
struct MacScheme {
  std::string_view scheme, header, prefix, encoding, signed_parts, timestamp;
};
constexpr MacScheme kMacSchemes[] = {
    {"github", "X-Hub-Signature-256", "sha256=", "hex", "{body}", ""},
    {"meta", "X-Hub-Signature-256", "sha256=", "hex", "{body}", ""},
    {"shopify", "X-Shopify-Hmac-Sha256", "", "base64", "{body}", ""},
    {"slack", "X-Slack-Signature", "v0=", "hex", "v0:{timestamp}:{body}", "X-Slack-Request-Timestamp"},
    {"square", "X-Square-HmacSha256-Signature", "", "base64", "{url}{body}", ""},
    {"zendesk", "X-Zendesk-Webhook-Signature", "", "base64", "{timestamp}{body}",
     "X-Zendesk-Webhook-Signature-Timestamp"},
};

const MacScheme* mac_scheme(std::string_view name) {
  for (const MacScheme& scheme : kMacSchemes)
    if (scheme.scheme == name) return &scheme;
  return nullptr;
}

registry::Verify said(const registry::Verify& verify, const MacScheme& scheme) {
  registry::Verify full = verify;
  full.header = scheme.header;
  full.prefix = scheme.prefix;
  full.algorithm = "sha256";
  full.encoding = scheme.encoding;
  full.signed_parts = scheme.signed_parts;
  full.timestamp = scheme.timestamp;
  return full;
}

}  // namespace

Result<VerifierPtr> make_verifier(const registry::Verify& verify, const std::vector<std::string>& secrets,
                                  const Clients& clients) {
  const std::string_view name = verify.scheme;
  if (const MacScheme* const mac = mac_scheme(name)) return make_mac(said(verify, *mac), secrets, clients);
  if (name == "none" || name == "key") return VerifierPtr();
  if (name == "generic") return make_mac(verify, secrets, clients);
  if (name == "stripe" || name == "paddle") return make_signature_list(verify, secrets);
  if (name == "twilio") return make_twilio(verify, secrets, clients);
  if (name == "standard-webhooks") return make_standard_webhooks(verify, secrets);
  if (name == "gitlab") return make_gitlab(verify, secrets);
  if (name == "value") return make_value(verify, secrets);
  if (name == "basic") return make_basic(secrets);
  if (name == "client-certificate") return make_client_certificate(verify, secrets, clients);
  return fail(Code::invalid, "the scheme \"" + verify.scheme + "\" is not known here");
}

}  // namespace certes::gateway::ingest::verify
