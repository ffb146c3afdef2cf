#pragma once
// PreparedSource: one version of a source made ready for requests: its secrets opened, HMAC contexts made, `*_from`
// parsed, the provider's preset filled in. Who: ingest, one per loop and version. Confined to its loop.

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/crypto/crypto.hpp"
#include "common/event/event.hpp"
#include "common/event/json_document.hpp"
#include "common/http/server.hpp"
#include "common/registry/resources.hpp"
#include "gateway/ingest/extract.hpp"

namespace certes::gateway::ingest {

class PreparedSource {
 public:
  // Error: internal, what of the source cannot work (a secret that no sealing key opens, a malformed `*_from`).
  static Result<PreparedSource> make(std::shared_ptr<const registry::Source> source, const crypto::Sealer& sealer);

  const registry::Source& source() const { return *source_; }
  const std::shared_ptr<const registry::Source>& version() const { return source_; }
  bool needs_key() const { return source_->verify.scheme == "key"; }
  // The signature over the raw body. Error: unauthenticated, says which check failed.
  Result<void> verify(const http::Request& request, UnixMillis now) const;
  // All but ids and times of Certes' own. Error: invalid, names the header or JSON pointer.
  Result<void> read(const http::Request& request, event::JsonDocument& document, event::Event& event) const;

 private:
  PreparedSource() = default;
  Result<void> open_secrets(const crypto::Sealer& sealer);
  Result<void> parse_sources();
  Result<void> verify_github(const http::Request& request) const;
  Result<void> verify_standard_webhooks(const http::Request& request, UnixMillis now) const;
  Result<void> set_type(const Offer& offer, event::Event& event) const;
  Result<void> forward_headers(const http::Request& request, event::Event& event) const;

  std::shared_ptr<const registry::Source> source_;
  std::vector<crypto::Hmac> hmacs_;
  std::vector<crypto::StandardWebhooks> standard_;
  Extract type_, id_, key_, subject_;
  bool type_required_ = false;  // else the source's id is the type where the request names none
  std::vector<std::string> forwarded_;
};

}  // namespace certes::gateway::ingest
