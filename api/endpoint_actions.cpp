#include "api/endpoint_actions.hpp"

#include <algorithm>

#include "api/change.hpp"
#include "common/base/seconds.hpp"

namespace certes::api {
namespace {

using registry::Endpoint;
using registry::EndpointState;

constexpr double kDefaultOverlapSeconds = 86'400;
constexpr double kLongestOverlapSeconds = 30 * 86'400;
constexpr std::size_t kMostSecrets = 5;

Result<http::Response> set_state(const Call& call, Services& services, EndpointState state) {
  const std::string id = call.path("id").value_or("");
  return change_resource<Endpoint>(call.tenant, id, call, services,
                                   [&](const Endpoint* current, Revealed&) -> Result<Endpoint> {
                                     if (current == nullptr) return fail(not_found<Endpoint>(id));
                                     Endpoint next = *current;
                                     next.state = state;
                                     next.disabled_reason.clear();
                                     return next;
                                   });
}

// The overlap that the body asks for; an empty body asks for the default.
Result<double> overlap_of(const Call& call) {
  double seconds = kDefaultOverlapSeconds;
  if (call.request.body.empty()) return seconds;
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  fields.number("overlap_seconds", seconds, 0, kLongestOverlapSeconds);
  if (auto error = fields.done()) return fail(std::move(*error));
  return seconds;
}

// The newest first; the older ones sign along until the overlap ends.
void rotate(Endpoint& endpoint, std::string sealed, UnixMillis now, UnixMillis until) {
  for (auto& secret : endpoint.secrets) {
    if (secret.expires_at == 0 || secret.expires_at > until) secret.expires_at = until;
  }
  std::erase_if(endpoint.secrets, [&](const auto& secret) { return secret.expires_at <= now; });
  endpoint.secrets.insert(endpoint.secrets.begin(), {std::move(sealed), 0});
  if (endpoint.secrets.size() > kMostSecrets) endpoint.secrets.resize(kMostSecrets);
}

}  // namespace

Result<http::Response> rotate_secret(const Call& call, Services& services) {
  const auto overlap = overlap_of(call);
  if (!overlap) return fail(overlap.error());
  const std::string id = call.path("id").value_or("");
  return change_resource<Endpoint>(
      call.tenant, id, call, services, [&](const Endpoint* current, Revealed& revealed) -> Result<Endpoint> {
        if (current == nullptr) return fail(not_found<Endpoint>(id));
        Endpoint next = *current;
        std::string secret = crypto::StandardWebhooks::new_secret();
        const UnixMillis now = services.deps.clock.unix_millis();
        rotate(next, services.deps.sealer.seal(secret, seal_context(next)), now, now + millis_of(*overlap).count());
        revealed = std::pair{std::string("secret"), std::move(secret)};
        return next;
      });
}

Result<http::Response> pause_endpoint(const Call& call, Services& services) {
  return set_state(call, services, EndpointState::paused);
}

Result<http::Response> resume_endpoint(const Call& call, Services& services) {
  return set_state(call, services, EndpointState::active);
}

}  // namespace certes::api
