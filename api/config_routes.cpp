#include "api/config_routes.hpp"

#include <nlohmann/json.hpp>

#include "api/page.hpp"
#include "common/config/origins.hpp"

namespace certes::api {

// They are the installation's, and fit into a page.
Result<http::Response> list_config(const Call& call, Services& services) {
  if (call.caller.tenant != registry::kDefaultTenant)
    return fail(Code::not_found, "settings are the installation's: keys of its tenant, default, see them");
  if (services.deps.described == nullptr)
    return fail(Code::unavailable, "this process does not know where they are from");
  Page shown(services.deps.described->size(), services);
  for (const config::SettingLine& line : *services.deps.described)
    shown.add(nlohmann::ordered_json{{"name", line.name},
                                     {"value", line.value},
                                     {"default", line.default_value},
                                     {"from", line.origin},
                                     {"variable", line.variable},
                                     {"what", line.doc}}
                  .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
  return std::move(shown).answer(std::nullopt);
}

}  // namespace certes::api
