#include "api/endpoint_secrets.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "api/change.hpp"
#include "api/grace.hpp"
#include "common/base/seconds.hpp"

namespace certes::api {
namespace {

using registry::Endpoint;
using registry::Json;

constexpr std::size_t kMostSecrets = 5;
constexpr std::size_t kMostSecretBytes = 512;

struct Rotation {
  std::string secret;  // empty: one is to be made
  double grace_seconds = kDefaultGraceSeconds;
};

// As the body says; there need not be one.
Result<Rotation> rotation_of(const Call& call) {
  Rotation rotation;
  if (call.request.body.empty()) return rotation;
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  take_grace(fields, rotation.grace_seconds);
  fields.text("secret", rotation.secret, kMostSecretBytes);
  if (fields.ok() && fields.has("secret"))
    if (auto made = crypto::StandardWebhooks::make(rotation.secret); !made)
      fields.refuse("secret", made.error().message);
  if (auto error = fields.done()) return fail(std::move(*error));
  return rotation;
}

void drop_expired(Endpoint& endpoint, UnixMillis now) {
  std::erase_if(endpoint.secrets, [&](const auto& one) { return one.expires_at != 0 && one.expires_at <= now; });
}

// The newest first; the older ones sign along until then.
void rotate(Endpoint& endpoint, std::string sealed, UnixMillis now, UnixMillis until) {
  for (auto& secret : endpoint.secrets)
    if (secret.expires_at == 0 || secret.expires_at > until) secret.expires_at = until;
  drop_expired(endpoint, now);
  endpoint.secrets.insert(endpoint.secrets.begin(), {std::move(sealed), 0});
  if (endpoint.secrets.size() > kMostSecrets) endpoint.secrets.resize(kMostSecrets);
}

}  // namespace

Result<http::Response> rotate_secret(const Call& call, Services& services) {
  const auto asked = rotation_of(call);
  if (!asked) return fail(asked.error());
  const std::string id = call.path("id").value_or("");
  return change_resource<Endpoint>(
      call.tenant, id, call, services, [&](const Endpoint* current, Revealed& revealed) -> Result<Endpoint> {
        if (current == nullptr) return fail(not_found<Endpoint>(id));
        Endpoint next = *current;
        std::string secret = asked->secret.empty() ? crypto::StandardWebhooks::new_secret() : asked->secret;
        const UnixMillis now = services.deps.clock.unix_millis();
        rotate(next, services.deps.sealer.seal(secret, seal_context(next)), now,
               now + millis_of(asked->grace_seconds).count());
        revealed = std::pair{std::string("secret"), std::move(secret)};
        return next;
      });
}

Result<http::Response> show_secret(const Call& call, Services& services) {
  const std::string id = call.path("id").value_or("");
  const auto endpoint = call.state->endpoint(call.tenant, id);
  if (!endpoint) return fail(not_found<Endpoint>(id));
  registry::OrderedJson answer = {{"secret", nullptr}, {"former", Json::array()}};
  const UnixMillis now = services.deps.clock.unix_millis();
  for (const Endpoint::SigningSecret& one : endpoint->secrets) {
    if (one.expires_at != 0 && one.expires_at <= now) continue;
    const auto opened = services.deps.sealer.open(one.secret, seal_context(*endpoint));
    if (!opened)
      return fail(Code::internal,
                  "a secret of endpoints/" + id + " does not open with the sealing keys of this process");
    if (one.expires_at == 0)
      answer["secret"] = *opened;
    else
      answer["former"].push_back({{"secret", *opened}, {"expires_at", format_rfc3339(one.expires_at)}});
  }
  spdlog::info("api: the secrets of endpoints/{} of the tenant {} were shown to the key {}", id, call.tenant,
               call.by(call.tenant));
  http::Response response = json_response(200, answer.dump());
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

Result<http::Response> end_former_secrets(const Call& call, Services& services) {
  const std::string id = call.path("id").value_or("");
  return change_resource<Endpoint>(call.tenant, id, call, services,
                                   [&](const Endpoint* current, Revealed&) -> Result<Endpoint> {
                                     if (current == nullptr) return fail(not_found<Endpoint>(id));
                                     Endpoint next = *current;
                                     std::erase_if(next.secrets, [](const auto& one) { return one.expires_at != 0; });
                                     return next;
                                   });
}

}  // namespace certes::api
