#pragma once
// Caller: who calls, and what he may. Who: Callers, the door, handlers. Pure; any thread.

#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/http/server/server.hpp"
#include "common/registry/registry.hpp"
#include "gateway/access/clients.hpp"

namespace certes::gateway {

// Who calls, decided from Authorization and, in --dev, from where: clients on loopback and in allow_from need no key.
// Asked by the Door, which also sees that a request without a key was meant.
struct Caller {
  std::string key;  // id of the key; "dev" without one
  std::string tenant = "default";
  std::vector<std::string> scopes;   // "*": all
  std::vector<std::string> sources;  // that it is bound to
  UnixMillis expires_at = 0;         // of the text it came with; 0: never. It gives no key that is good for longer
  double rate_per_second = 0;        // 0: no limit. It gives no key that may do more
  bool keyless = false;              // --dev: what it gives is good for a day
  bool allowed(std::string_view scope) const;
  bool bound_to(std::string_view source) const;
};
Result<Caller> authenticate(const http::Request& request, const registry::State& state, const Clients& clients,
                            const Clock& clock);

// Whether the caller may act for that tenant: its own; for the default tenant's keys any that there is, with the scope
// tenants:read or, where it `writes`, tenants:write. Errors: forbidden; not_found, where it may but there is none.
Result<void> may_act_for(const Caller& caller, std::string_view tenant, bool writes, const registry::State& state);

}  // namespace certes::gateway
