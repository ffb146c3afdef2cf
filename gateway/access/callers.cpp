#include "gateway/access/callers.hpp"

namespace certes::gateway {
namespace {

constexpr Millis kRemembered{1'000};

}  // namespace

Result<const Caller*> Callers::find(const http::Request& request, const registry::StatePtr& state, SteadyTime now,
                                    std::string_view scope) {
  const auto authorization = request.header("authorization");
  // Without a key it depends on where the client is, which proxies may say anew for each request.
  if (authorization.empty() || authorization != authorization_ || state != state_ || now >= until_) {
    state_ = nullptr;
    auto caller = authenticate_(request, *state);
    if (!caller) return fail(std::move(caller.error()));
    caller_ = std::move(*caller);
    authorization_ = authorization;
    state_ = state;
    until_ = now + kRemembered;
  }
  if (!scope.empty() && !caller_.allowed(scope))
    return fail(Code::forbidden, "the key \"" + caller_.key + "\" lacks the scope " + std::string(scope));
  return &caller_;
}

}  // namespace certes::gateway
