#pragma once
// Verifier: whether a webhook comes from who its source says: one scheme of docs/sources.md with its secrets, contexts
// made once. Who: PreparedSource. Any thread, several at once.

#include <memory>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/event/json_document.hpp"
#include "common/http/server/server.hpp"
#include "common/registry/resources.hpp"
#include "common/signature/forms.hpp"
#include "gateway/access/clients.hpp"
#include "gateway/webhook/verify/effort.hpp"

namespace certes::gateway::ingest::verify {

class Verifier {
 public:
  Verifier() = default;
  virtual ~Verifier() = default;
  Verifier(const Verifier&) = delete;
  Verifier& operator=(const Verifier&) = delete;
  // At most what verify() takes of this request, or anything above kLongestOnLoop. Itself little: what is refused
  // unseen costs next to nothing.
  virtual Effort effort(const http::Request& request) const = 0;
  // The same, but whole: for where it was verified.
  virtual Effort cost(const http::Request& request) const { return effort(request); }
  // Over the raw body. `scratch`: the caller's own, to parse in. Error: unauthenticated, says which check failed; its
  // pointer is the header at fault.
  virtual Result<void> verify(const http::Request& request, UnixMillis now, event::JsonDocument& scratch) const = 0;
};
using VerifierPtr = std::unique_ptr<const Verifier>;

// `secrets`: opened; one of them must fit. `clients`: must outlive it. Null: the scheme verifies nothing by
// itself (none, key). `most_unpacked`: of a packed body that must be looked into. Error: invalid, what of the source
// cannot work.
Result<VerifierPtr> make_verifier(const registry::Verify& verify, const std::vector<std::string>& secrets,
                                  const Clients& clients, std::size_t most_unpacked);

// One for each family of schemes; make_verifier chooses.
Result<VerifierPtr> make_mac(const registry::Verify& verify, const std::vector<std::string>& secrets,
                             const Clients& clients);
VerifierPtr make_signature_list(const registry::Verify& verify, const signature::ListForm& form,
                                const std::vector<std::string>& secrets);
VerifierPtr make_twilio(const registry::Verify& verify, const std::vector<std::string>& secrets,
                        const Clients& clients);
Result<VerifierPtr> make_standard_webhooks(const registry::Verify& verify, const std::vector<std::string>& secrets);
Result<VerifierPtr> make_gitlab(const registry::Verify& verify, const std::vector<std::string>& secrets);
VerifierPtr make_value(const registry::Verify& verify, const std::vector<std::string>& secrets,
                       std::size_t most_unpacked);
VerifierPtr make_basic(const std::vector<std::string>& secrets);
VerifierPtr make_client_certificate(const registry::Verify& verify, const std::vector<std::string>& secrets,
                                    const Clients& clients);

}  // namespace certes::gateway::ingest::verify
