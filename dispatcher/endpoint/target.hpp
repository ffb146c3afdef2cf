#pragma once
// Target: one version of an endpoint, made ready to send to: secrets opened, signers prepared, headers written.
// Who: core, one per endpoint and version. Confined to the core loop.

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/crypto.hpp"
#include "common/http/client/sender.hpp"
#include "common/registry/endpoint_auth.hpp"
#include "common/registry/resources.hpp"

namespace certes::dispatcher {

class Target {
 public:
  Target(std::shared_ptr<const registry::Endpoint> endpoint, const crypto::Sealer& sealer);

  const registry::Endpoint& endpoint() const { return *endpoint_; }
  // Why nothing can be sent: a secret or a header that does not open.
  const std::optional<Error>& problem() const { return problem_; }
  // "v1,… v1,…" by all secrets that have not expired, the newest first. Empty: there is none.
  std::string signatures(std::string_view id, UnixMillis now, std::string_view body) const;
  // The endpoint's own, opened, and the one that says who sends the request: "name: value".
  const std::vector<std::string>& headers() const { return headers_; }
  // How it gets tokens, opened; null: its requests are sent without.
  const registry::EndpointAuth* oauth() const { return of_scheme(registry::kOauth2); }
  // What they are signed with for AWS, opened; null: they are not.
  const registry::EndpointAuth* aws() const { return of_scheme(registry::kAwsSigv4); }
  // What TLS of its requests is its own, opened; null: nothing.
  const std::shared_ptr<const http::TransferTls>& tls() const { return tls_; }

 private:
  struct Signer {
    crypto::StandardWebhooks webhooks;
    UnixMillis expires_at;
  };
  const registry::EndpointAuth* of_scheme(std::string_view scheme) const {
    return auth_ && auth_->scheme == scheme ? &*auth_ : nullptr;
  }
  void prepare_headers(const crypto::Sealer& sealer);
  void prepare_auth(const crypto::Sealer& sealer);
  void prepare_tls(const crypto::Sealer& sealer);
  void prepare_signers(const crypto::Sealer& sealer);

  std::shared_ptr<const registry::Endpoint> endpoint_;
  std::vector<Signer> signers_;
  std::vector<std::string> headers_;
  std::optional<registry::EndpointAuth> auth_;  // of which each request has something else
  std::shared_ptr<const http::TransferTls> tls_;
  std::optional<Error> problem_;
};

}  // namespace certes::dispatcher
