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

// Where a webhook is looked into. What is read refers to it.
struct Scratch {
  event::JsonDocument& document;
  std::string& unpacked;
};

class PreparedSource {
 public:
  // Error: internal, what of the source cannot work (a secret that no sealing key opens, a malformed `*_from`).
  // `clients` must outlive it. `most_unpacked`: bytes of a packed body that is looked into.
  static Result<PreparedSource> make(std::shared_ptr<const registry::Source> source, const crypto::Sealer& sealer,
                                     const Clients& clients, std::size_t most_unpacked);

  const registry::Source& source() const { return *source_; }
  const std::shared_ptr<const registry::Source>& version() const { return source_; }
  bool needs_key() const { return source_->verify.scheme == "key"; }
  // What an accepted webhook is answered. Never null.
  const std::shared_ptr<const Reply>& reply() const { return reply_; }
  // Of Meta's handshake, opened; empty: there is none.
  const std::string& verify_token() const { return verify_token_; }
  // Whether there is anything to verify but a key.
  bool verifies() const { return verifier_ != nullptr; }
  // What verify() takes at most, as Verifier says it; and read(), as verify::to_parse says it.
  verify::Effort effort(const http::Request& request) const;
  verify::Effort cost(const http::Request& request) const;
  verify::Effort effort_to_read(const http::Request& request, verify::Effort most) const;
  // The signature over the raw body. Error: unauthenticated, says which check failed.
  Result<void> verify(const http::Request& request, UnixMillis now, event::JsonDocument& document) const;
  // All but ids and times of Certes' own, of what has verified. Nothing of it is refused for what it says: what does
  // not fit is made to, or left out, and told with the header or JSON pointer.
  std::vector<http::Fault> read(const http::Request& request, Scratch scratch, event::Event& event) const;

 private:
  PreparedSource() = default;
  Result<void> make_verifier(const crypto::Sealer& sealer, const Clients& clients);
  std::string_view unpacked(const http::Request& request, std::string& to, std::vector<http::Fault>& misfits) const;
  Result<void> parse_sources();
  bool json_in_form(const http::Request& request) const;
  void set_attributes(const Offer& offer, event::Event& event, std::vector<http::Fault>& misfits) const;
  void set_type(const Offer& offer, event::Event& event, std::vector<http::Fault>& misfits) const;
  void set_content_type(const http::Request& request, event::Event& event, std::vector<http::Fault>& misfits) const;
  void forward_headers(const http::Request& request, event::Event& event, std::vector<http::Fault>& misfits) const;

  std::shared_ptr<const registry::Source> source_;
  const Preset* preset_ = nullptr;
  verify::VerifierPtr verifier_;  // null: nothing to verify
  std::string verify_token_;
  std::shared_ptr<const Reply> reply_;
  std::vector<Extract> type_, id_, key_, subject_;
  std::vector<std::string> forwarded_;
  std::size_t most_unpacked_ = 0;
};

}  // namespace certes::gateway::ingest
