#include "gateway/access/door.hpp"

#include "gateway/access/problem.hpp"

namespace certes::gateway {
namespace {

bool writes(const Route& route) { return route.method != "GET"; }

}  // namespace

Door::Door(const Clients& clients, const Dependencies& dependencies)
    : clients_(clients),
      dependencies_(dependencies),
      callers_([this](const http::Request& request, const registry::State& state) {
        return authenticate(request, state, clients_, dependencies_.clock);
      }) {}

Refusal Door::refuse(const Error& error) { return {error.code, problem_of(error, "door")}; }

http::Response Door::not_reached() {
  return refuse({Code::unavailable, "the log is not reached yet; nothing was stored: send it again"}).answer;
}

std::optional<Refusal> Door::enter(const http::Request& request, std::optional<std::string_view> tenant, SteadyTime now,
                                   Visit& visit) {
  if (!dependencies_.registry.caught_up())
    return refuse({Code::unavailable, "the registry has not been read yet; nothing was stored: send it again"});
  if (visit.route.access == Access::key || visit.route.access == Access::any_key)
    return ask_for_key(request, tenant, now, visit);
  visit.tenant = tenant.value_or(registry::kDefaultTenant);
  return std::nullopt;
}

std::optional<Refusal> Door::ask_for_key(const http::Request& request, std::optional<std::string_view> tenant,
                                         SteadyTime now, Visit& visit) {
  if (auto meant = clients_.check_keyless(request); !meant)
    return Refusal{Code::forbidden,
                   http::problem(403, "not-local", "Not without a key", meant.error().message, meant.error().pointer)};
  const auto caller = callers_.find(request, visit.state, now, visit.route.scope);
  if (!caller) return refuse(caller.error());
  visit.caller = *caller;
  visit.tenant = tenant.value_or((*caller)->tenant);
  auto may = may_act_for(**caller, visit.tenant, writes(visit.route), *visit.state);
  if (may) return std::nullopt;
  may.error().pointer = "tenant";
  return refuse(may.error());
}

}  // namespace certes::gateway
