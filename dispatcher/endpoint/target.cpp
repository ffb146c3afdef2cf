#include "dispatcher/endpoint/target.hpp"

#include "common/registry/endpoint_auth.hpp"
#include "common/registry/endpoint_tls.hpp"
#include "dispatcher/endpoint/opened.hpp"
#include "dispatcher/sending/header_rules.hpp"

namespace certes::dispatcher {

Target::Target(std::shared_ptr<const registry::Endpoint> endpoint, const crypto::Sealer& sealer)
    : endpoint_(std::move(endpoint)) {
  prepare_headers(sealer);
  if (!problem_) prepare_auth(sealer);
  if (!problem_) prepare_tls(sealer);
  if (!problem_) prepare_signers(sealer);
}

void Target::prepare_headers(const crypto::Sealer& sealer) {
  for (const auto& [name, sealed] : endpoint_->headers) {
    const auto value = sealer.open(sealed, header_seal_context(*endpoint_, name));
    if (!value) {
      problem_ = Error(value.error()).prefixed("header " + name + " of " + endpoint_->id + ": ");
      return;
    }
    if (may_set(name, *value)) headers_.push_back(name + ": " + *value);
  }
}

void Target::prepare_auth(const crypto::Sealer& sealer) {
  if (!endpoint_->auth) return;
  auto auth = opened(*endpoint_->auth, *endpoint_, sealer);
  if (!auth) {
    problem_ = std::move(auth.error());
    return;
  }
  if (auth->scheme == registry::kBasicAuth)
    headers_.push_back("Authorization: Basic " + crypto::base64_encode(auth->username + ":" + auth->password));
  else if (auth->scheme == registry::kBearerAuth)
    headers_.push_back("Authorization: Bearer " + auth->token);
  else if (auth->scheme == registry::kHeaderAuth)
    headers_.push_back(auth->name + ": " + auth->value);
  else
    auth_ = std::move(*auth);
}

void Target::prepare_tls(const crypto::Sealer& sealer) {
  if (!endpoint_->tls) return;
  auto tls = opened(*endpoint_->tls, *endpoint_, sealer);
  if (!tls) {
    problem_ = std::move(tls.error());
    return;
  }
  tls_ = std::make_shared<const http::TransferTls>(
      http::TransferTls{std::move(tls->ca), std::move(tls->cert), std::move(tls->key), std::move(tls->server_name)});
}

void Target::prepare_signers(const crypto::Sealer& sealer) {
  const std::string context = seal_context(*endpoint_);
  for (const auto& sealed : endpoint_->secrets) {
    auto secret = sealer.open(sealed.secret, context);
    if (!secret) {
      problem_ = std::move(secret.error()).prefixed("signing secret of " + endpoint_->id + ": ");
      return;
    }
    auto webhooks = crypto::StandardWebhooks::make(*secret);
    if (!webhooks) {
      problem_ = std::move(webhooks.error()).prefixed("signing secret of " + endpoint_->id + ": ");
      return;
    }
    signers_.push_back({std::move(*webhooks), sealed.expires_at});
  }
}

std::string Target::signatures(std::string_view id, UnixMillis now, std::string_view body) const {
  std::string all;
  for (const Signer& signer : signers_) {
    if (signer.expires_at != 0 && signer.expires_at <= now) continue;
    all.append(all.empty() ? "" : " ").append(signer.webhooks.sign(id, now / 1000, body));
  }
  return all;
}

}  // namespace certes::dispatcher
