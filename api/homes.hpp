#pragma once
// Which tenant a resource that a request is about belongs to. Who: the routes of resources. Pure; any thread.

#include <string>
#include <type_traits>

#include "api/call.hpp"
#include "common/registry/json.hpp"
#include "common/registry/resources.hpp"

namespace certes::api {

// Tenants themselves belong to none, and only the default tenant's keys deal with them.
template <class T>
Result<std::string> home(const Call& call) {
  if constexpr (std::is_same_v<T, registry::Tenant>) {
    if (call.caller.tenant != registry::kDefaultTenant) {
      return fail(Code::forbidden, "this key belongs to the tenant \"" + call.caller.tenant + "\" alone");
    }
    return std::string(registry::kDefaultTenant);
  }
  return call.tenant;
}

// A key may be made for another tenant; everything else says its tenant only for the record.
template <class T>
Result<std::string> declared_home(const Call& call, const registry::Json& json) {
  auto own = home<T>(call);
  const auto named = json.find("tenant");
  if (!own || named == json.end() || !named->is_string() || *named == *own) return own;
  const auto tenant = named->get<std::string>();
  const bool may = call.caller.tenant == registry::kDefaultTenant && call.caller.allowed("tenants:write");
  if constexpr (std::is_same_v<T, registry::Key>) {
    if (may) return tenant;
    return fail(Code::forbidden, "this key cannot make one for the tenant \"" + tenant + "\"", "/tenant");
  }
  return fail(Code::invalid, "is not the tenant this request is for, \"" + *own + "\"", "/tenant");
}

}  // namespace certes::api
