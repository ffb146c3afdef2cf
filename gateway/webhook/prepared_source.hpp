#pragma once
// PreparedSource: one version of a source made ready for requests: its verifier made, `*_from` parsed, the provider's
// preset filled in. Who: ingest, one per loop and version. Immutable; any thread.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/crypto/crypto.hpp"
#include "common/event/event.hpp"
#include "common/event/json_document.hpp"
#include "common/http/server/server.hpp"
#include "common/registry/resources.hpp"
#include "gateway/access/answers.hpp"
#include "gateway/webhook/extract.hpp"
#include "gateway/webhook/presets.hpp"
#include "gateway/webhook/verify/verifier.hpp"

namespace certes::gateway::ingest {

class PreparedSource {
 public:
  // Error: internal, what of the source cannot work (a secret that no sealing key opens, a malformed `*_from`).
  // `clients` must outlive it.
  static Result<PreparedSource> make(std::shared_ptr<const registry::Source> source, const crypto::Sealer& sealer,
                                     const Clients& clients);

  const registry::Source& source() const { return *source_; }
  const std::shared_ptr<const registry::Source>& version() const { return source_; }
  bool needs_key() const { return source_->verify.scheme == "key"; }
  // What an accepted webhook is answered. Never null.
  const std::shared_ptr<const Reply>& reply() const { return reply_; }
  // Of Meta's handshake, opened; empty: there is none.
  const std::string& verify_token() const { return verify_token_; }
  // Whether there is anything to verify but a key.
  bool verifies() const { return verifier_ != nullptr; }
  // What verify() takes at most, as Verifier says it.
  verify::Effort effort(const http::Request& request) const;
  verify::Effort cost(const http::Request& request) const;
  // The signature over the raw body. Error: unauthenticated, says which check failed.
  Result<void> verify(const http::Request& request, UnixMillis now, event::JsonDocument& document) const;
  // All but ids and times of Certes' own. Error: invalid, names the header or JSON pointer.
  Result<void> read(const http::Request& request, event::JsonDocument& document, event::Event& event) const;

 private:
  PreparedSource() = default;
  Result<void> make_verifier(const crypto::Sealer& sealer, const Clients& clients);
  Result<void> parse_sources();
  Result<void> set_attributes(const Offer& offer, event::Event& event) const;
  Result<void> set_type(const Offer& offer, event::Event& event) const;
  Result<void> forward_headers(const http::Request& request, event::Event& event) const;

  std::shared_ptr<const registry::Source> source_;
  const Preset* preset_ = nullptr;
  verify::VerifierPtr verifier_;  // null: nothing to verify
  std::string verify_token_;
  std::shared_ptr<const Reply> reply_;
  Extract type_, id_, other_id_, key_, subject_;
  bool type_required_ = false;  // else the source's id is the type where the request names none
  std::vector<std::string> forwarded_;
};

}  // namespace certes::gateway::ingest
