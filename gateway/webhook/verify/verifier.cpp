#include "gateway/webhook/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {

Result<VerifierPtr> make_verifier(const registry::Verify& verify, const std::vector<std::string>& secrets,
                                  const Clients& clients, std::size_t most_unpacked) {
  const std::string_view name = verify.scheme;
  if (name == "none" || name == "key") return VerifierPtr();
  if (name == "generic" || signature::mac_form(name) != nullptr) return make_mac(verify, secrets, clients);
  if (const auto* const form = signature::list_form(name)) return make_signature_list(verify, *form, secrets);
  if (name == "twilio") return make_twilio(verify, secrets, clients);
  if (name == "standard-webhooks") return make_standard_webhooks(verify, secrets);
  if (name == "gitlab") return make_gitlab(verify, secrets);
  if (name == "value") return make_value(verify, secrets, most_unpacked);
  if (name == "basic") return make_basic(secrets);
  if (name == "client-certificate") return make_client_certificate(verify, secrets, clients);
  return fail(Code::invalid, "the scheme \"" + verify.scheme + "\" is not known here");
}

}  // namespace certes::gateway::ingest::verify
