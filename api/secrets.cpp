#include "api/secrets.hpp"

#include "api/key_rules.hpp"
#include "api/sealed_members.hpp"
#include "common/crypto/pem.hpp"
#include "common/registry/endpoint_auth.hpp"
#include "common/registry/endpoint_tls.hpp"
#include "common/registry/schemes.hpp"

namespace certes::api {
namespace {

using registry::Endpoint;
using registry::EndpointState;

// Whether the sealed secret is this one.
bool holds(const crypto::Sealer& sealer, const std::string& sealed, const std::string& secret,
           const std::string& context) {
  const auto opened = sealer.open(sealed, context);
  return opened && crypto::equal_constant_time(*opened, secret);
}

Result<void> may_be_sent_to(const Endpoint& endpoint, const http::AddressPolicy& addresses) {
  std::size_t i = 0;
  for (const std::string& url : endpoint.worker_urls()) {
    const std::string place = endpoint.urls.empty() ? "/url" : "/urls/" + std::to_string(i++);
    if (auto ok = http::check_url(url, addresses); !ok) return fail(Code::invalid, ok.error().message, place);
  }
  if (!endpoint.auth || endpoint.auth->scheme != registry::kOauth2) return {};
  if (auto ok = http::check_url(endpoint.auth->token_url, addresses); !ok)
    return fail(Code::invalid, ok.error().message, "/auth/token_url");
  return {};
}

Revealed complete_secret(Endpoint& next, const Endpoint* current, const crypto::Sealer& sealer) {
  const std::string context = seal_context(next);
  if (current != nullptr && !current->secrets.empty() &&
      (next.secrets.empty() || holds(sealer, current->secrets.front().secret, next.secrets.front().secret, context))) {
    next.secrets = current->secrets;
    return std::nullopt;
  }
  std::string secret = next.secrets.empty() ? crypto::StandardWebhooks::new_secret() : next.secrets.front().secret;
  next.secrets = {{sealer.seal(secret, context), 0}};
  return std::pair{std::string("secret"), std::move(secret)};
}

void complete_state(Endpoint& next, const Endpoint* current, const registry::Json& declared) {
  if (current != nullptr && !declared.contains("state")) next.state = current->state;
  if (next.state != EndpointState::disabled) return;
  const bool was = current != nullptr && current->state == EndpointState::disabled;
  next.disabled_reason = was ? current->disabled_reason : "user";
}

// One that says the same as before stays as it was sealed, so that an unchanged source is no change.
std::string sealed(const crypto::Sealer& sealer, const std::string& secret, const std::string& before,
                   const std::string& context) {
  if (secret.empty() || secret == before) return secret;
  return holds(sealer, before, secret, context) ? before : sealer.seal(secret, context);
}

void seal_headers(Endpoint& next, const Endpoint* current, const crypto::Sealer& sealer) {
  for (auto& [name, value] : next.headers) {
    std::string before = stored_header(current, name);
    const std::string context = header_seal_context(next, name);
    if (before.empty() || !holds(sealer, before, value, context)) before = sealer.seal(value, context);
    value = std::move(before);
  }
}

// Of `auth`, and the like. `before`: what is stored; may be null.
template <class Part>
void seal_part(std::shared_ptr<const Part>& part, const Part* before, const Endpoint& endpoint,
               const crypto::Sealer& sealer) {
  if (!part) return;
  Part made = *part;
  for (const auto& member : Part::members()) {
    if (!member.sealed) continue;
    const std::string stored = before == nullptr ? std::string() : before->*member.place;
    const std::string context = part_seal_context(endpoint, Part::kName, member.name);
    made.*member.place = sealed(sealer, made.*member.place, stored, context);
  }
  part = std::make_shared<const Part>(std::move(made));
}

// One that has expired is not taken; of one that stands there nothing is said, so that the rest can be changed.
Result<void> seal_tls(Endpoint& next, const Endpoint* current, const crypto::Sealer& sealer, UnixMillis now) {
  if (!next.tls) return {};
  const std::string certificate = next.tls->cert;
  const registry::EndpointTls* const before = current == nullptr ? nullptr : current->tls.get();
  seal_part(next.tls, before, next, sealer);
  if (certificate.empty() || (before != nullptr && before->cert == next.tls->cert)) return {};
  const auto until = crypto::valid_until(certificate);
  if (!until) return fail(Code::invalid, until.error().message, "/tls/cert");
  if (*until <= now)
    return fail(Code::invalid, "has expired: it was good until " + format_rfc3339(*until), "/tls/cert");
  return {};
}

void seal_secrets(registry::Source& next, const registry::Verify& before, const crypto::Sealer& sealer) {
  const std::string context = seal_context(next);
  auto& secrets = next.verify.secrets;
  for (std::size_t i = 0; i < secrets.size(); ++i)
    secrets[i] = sealed(sealer, secrets[i], i < before.secrets.size() ? before.secrets[i] : std::string(), context);
  next.verify.verify_token = sealed(sealer, next.verify.verify_token, before.verify_token, context);
}

}  // namespace

Result<Revealed> complete(Endpoint& next, const Endpoint* current, const registry::Json& declared, const Call&,
                          Services& services) {
  if (auto ok = may_be_sent_to(next, services.deps.addresses); !ok) return fail(std::move(ok.error()));
  if (next.ordering == registry::Ordering::all && services.deps.log.partitions() > 1)
    return fail(Code::invalid,
                "\"all\" needs a log with one partition, and this one has " +
                    std::to_string(services.deps.log.partitions()) +
                    ": say \"key\", and give the events one \"partition_key\"",
                "/ordering");
  complete_state(next, current, declared);
  seal_headers(next, current, services.deps.sealer);
  seal_part(next.auth, current == nullptr ? nullptr : current->auth.get(), next, services.deps.sealer);
  if (auto ok = seal_tls(next, current, services.deps.sealer, services.deps.clock.unix_millis()); !ok)
    return fail(std::move(ok.error()));
  return complete_secret(next, current, services.deps.sealer);
}

// A patch says it all, as it was merged into what there is.
Result<Revealed> complete(registry::Source& next, const registry::Source* current, const registry::Json&,
                          const Call& call, Services& services) {
  const bool same = current != nullptr && current->verify.scheme == next.verify.scheme;
  const registry::Verify none, &before = same ? current->verify : none;
  const auto* const scheme = registry::find_scheme(next.verify.scheme);
  const bool says_all = call.request.method == "PATCH";
  if (next.verify.secrets.empty() && !says_all) next.verify.secrets = before.secrets;
  if (next.verify.verify_token.empty() && !says_all) next.verify.verify_token = before.verify_token;
  if (scheme != nullptr && scheme->secret != registry::SecretForm::none && next.verify.secrets.empty())
    return fail(Code::invalid, "the scheme \"" + next.verify.scheme + "\" needs a secret", "/verify/secret");
  seal_secrets(next, before, services.deps.sealer);
  return Revealed{};
}

Result<Revealed> complete(registry::Subscription& next, const registry::Subscription*, const registry::Json&,
                          const Call&, Services&) {
  if (next.tenants.empty() || next.tenant == registry::kDefaultTenant) return Revealed{};
  return fail(Code::invalid, "only the tenant \"default\" may take events of other tenants", "/tenants");
}

Result<Revealed> complete(registry::Key& next, const registry::Key* current, const registry::Json&, const Call& call,
                          Services& services) {
  bound_expiry(next, current, call, services.deps.clock.unix_millis());
  if (auto ok = may_put(next, current, call, services.deps.clock.unix_millis()); !ok)
    return fail(std::move(ok.error()));
  if (current != nullptr) {
    next.hash = current->hash;
    next.former = current->former;
    return Revealed{};
  }
  std::string text = crypto::new_api_key();
  next.hash = crypto::hash_api_key(text);
  return Revealed{{"key", std::move(text)}};
}

}  // namespace certes::api
