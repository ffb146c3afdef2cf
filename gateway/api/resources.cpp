#include "gateway/api/resources.hpp"

#include "common/json/json.hpp"
#include "gateway/api/change.hpp"
#include "gateway/api/key_rules.hpp"
#include "gateway/api/page.hpp"

namespace certes::gateway::api {
namespace {

using registry::Json;
using registry::Kind;

template <class T>
struct Words;  // how a kind's new ids begin
template <>
struct Words<registry::Tenant> {
  static constexpr const char* prefix = "ten_";
};
template <>
struct Words<registry::Source> {
  static constexpr const char* prefix = "src_";
};
template <>
struct Words<registry::Endpoint> {
  static constexpr const char* prefix = "ep_";
};
template <>
struct Words<registry::Subscription> {
  static constexpr const char* prefix = "sub_";
};
template <>
struct Words<registry::BackoffPolicy> {
  static constexpr const char* prefix = "bop_";
};
template <>
struct Words<registry::EventType> {
  static constexpr const char* prefix = "type_";
};
template <>
struct Words<registry::Key> {
  static constexpr const char* prefix = "key_";
};

// Tenants themselves belong to none, and only the default tenant's keys deal with them.
template <class T>
Result<std::string> home(const Call& call) {
  if constexpr (std::is_same_v<T, registry::Tenant>) {
    if (call.caller.tenant != "default") {
      return fail(Code::forbidden, "this key belongs to the tenant \"" + call.caller.tenant + "\" alone");
    }
    return std::string("default");
  }
  return call.tenant;
}

// A key may be made for another tenant; everything else says its tenant only for the record.
template <class T>
Result<std::string> declared_home(const Call& call, const Json& json, const T& declared) {
  auto own = home<T>(call);
  if (!own || !json.contains("tenant") || declared.tenant == *own) return own;
  const bool may = call.caller.tenant == "default" && call.caller.allowed("tenants:write");
  if constexpr (std::is_same_v<T, registry::Key>) {
    if (may) return declared.tenant;
    return fail(Code::forbidden, "this key cannot make one for the tenant \"" + declared.tenant + "\"", "/tenant");
  }
  return fail(Code::invalid, "is not the tenant this request is for, \"" + *own + "\"", "/tenant");
}

Result<Json> body_of(const Call& call) {
  std::string_view type = call.request.header("content-type");
  type = type.substr(0, type.find(';'));
  while (type.ends_with(' ')) type.remove_suffix(1);
  const bool merge = call.request.method == "PATCH" && type == "application/merge-patch+json";
  if (!type.empty() && type != "application/json" && !merge) {
    return fail(Code::invalid, "send Content-Type: application/json", "Content-Type");
  }
  auto json = registry::parse_json(call.request.body);
  if (json && !json->is_object()) return fail(Code::invalid, "must be an object");
  return json;
}

template <class T>
Result<std::string> id_in_path(const Call& call) {
  auto id = call.path("id");
  if (!id || !registry::valid_id_of<T>(*id))
    return fail(Code::not_found, "there is no such " + std::string(Kind<T>::name));
  return std::move(*id);
}

template <class T>
Result<http::Response> list(const Call& call, Services& services) {
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  const auto tenant = home<T>(call);
  if (!tenant) return fail(tenant.error());
  const auto& map = Kind<T>::map(*call.state);
  const auto after = call.query("after");
  auto it = after ? map.upper_bound(registry::map_key(*tenant, *after)) : map.lower_bound(*tenant + "/");
  const auto more = [&] { return it != map.end() && it->first.starts_with(*tenant + "/"); };
  Page page(*limit, services);
  std::string last;
  for (; more() && !page.full(); ++it) {
    page.add(registry::shown_json(*it->second));
    last = it->second->id;
  }
  return std::move(page).answer(more() ? std::optional(last) : std::nullopt);
}

template <class T>
Result<http::Response> show(const Call& call) {
  const auto id = id_in_path<T>(call);
  if (!id) return fail(id.error());
  const auto tenant = home<T>(call);
  if (!tenant) return fail(tenant.error());
  const auto resource = find<T>(*call.state, *tenant, *id);
  if (!resource) return fail(not_found<T>(*id));
  return answer(200, *resource);
}

template <class T>
Result<http::Response> create(const Call& call, Services& services) {
  const auto json = body_of(call);
  if (!json) return fail(json.error());
  auto next = registry::resource_from_json<T>(*json, registry::Form::declared);
  if (!next) return fail(std::move(next.error()));
  const auto tenant = declared_home<T>(call, *json, *next);
  if (!tenant) return fail(tenant.error());
  next->tenant = *tenant;
  if (next->id.empty()) next->id = services.new_id(Words<T>::prefix);
  const auto revealed = complete(*next, static_cast<const T*>(nullptr), *json, call, services);
  if (!revealed) return fail(revealed.error());
  return propose(*next, registry::Change::Op::create, std::nullopt, *revealed, call, services);
}

template <class T>
Result<http::Response> replace(const Call& call, Services& services) {
  const auto id = id_in_path<T>(call);
  if (!id) return fail(Code::invalid, "is no valid id", "/id");
  const auto json = body_of(call);
  if (!json) return fail(json.error());
  const auto declared = registry::resource_from_json<T>(*json, registry::Form::declared);
  if (!declared) return fail(declared.error());
  if (json->contains("id") && declared->id != *id) return fail(Code::invalid, "is not the id in the path", "/id");
  const auto tenant = declared_home<T>(call, *json, *declared);
  if (!tenant) return fail(tenant.error());
  return change_resource<T>(*tenant, *id, call, services, [&](const T* current, Revealed& revealed) -> Result<T> {
    T next = *declared;
    next.tenant = *tenant;
    next.id = *id;
    auto completed = complete(next, current, *json, call, services);
    if (!completed) return fail(std::move(completed.error()));
    revealed = std::move(*completed);
    return next;
  });
}

// What a patch is merged into. What follows from a source's scheme follows the new one.
template <class T>
Json merge_base(const T& current, const Json& patch) {
  Json base = json_or_null<Json>(registry::shown_json(current));
  if constexpr (std::is_same_v<T, registry::Source>) {
    if (patch.contains("verify") && current.exclusive == current.exclusive_by_default()) base.erase("exclusive");
  }
  return base;
}

template <class T>
Result<http::Response> merge(const Call& call, Services& services) {
  const auto id = id_in_path<T>(call);
  if (!id) return fail(id.error());
  const auto tenant = home<T>(call);
  if (!tenant) return fail(tenant.error());
  const auto patch = body_of(call);
  if (!patch) return fail(patch.error());
  if (patch->contains("id") && (*patch)["id"] != *id) return fail(Code::invalid, "an id cannot be changed", "/id");
  if (patch->contains("tenant") && (*patch)["tenant"] != *tenant) {
    return fail(Code::invalid, "a tenant cannot be changed", "/tenant");
  }
  return change_resource<T>(*tenant, *id, call, services, [&](const T* current, Revealed& revealed) -> Result<T> {
    if (current == nullptr) return fail(not_found<T>(*id));
    Json merged = merge_base(*current, *patch);
    merged.merge_patch(*patch);
    auto next = registry::resource_from_json<T>(merged, registry::Form::declared);
    if (!next) return next;
    next->tenant = *tenant;
    next->id = *id;
    auto completed = complete(*next, current, merged, call, services);
    if (!completed) return fail(std::move(completed.error()));
    revealed = std::move(*completed);
    return next;
  });
}

// What keeps the caller from deleting it, besides what the registry decides.
template <class T>
Result<void> may_delete(const T& current, const Call& call, Services& services) {
  const UnixMillis now = services.deps.clock.unix_millis();
  if constexpr (std::is_same_v<T, registry::Key>) return may_remove(current, call, now);
  if constexpr (std::is_same_v<T, registry::Tenant>) return may_remove_keys_of(current, call, now);
  return {};
}

template <class T>
Result<http::Response> remove(const Call& call, Services& services) {
  const auto id = id_in_path<T>(call);
  if (!id) return fail(id.error());
  const auto tenant = home<T>(call);
  if (!tenant) return fail(tenant.error());
  const auto wanted = if_match(call);
  if (!wanted) return fail(wanted.error());
  registry::Change change;
  change.op = registry::Change::Op::remove;
  change.kind = Kind<T>::name;
  change.tenant = *tenant;
  change.id = *id;
  change.by = call.by(*tenant);
  if (*wanted && **wanted >= 0) change.based_on = *wanted;
  change.cascade = call.query("cascade") == "true";
  if (const auto current = find<T>(*call.state, *tenant, *id))
    if (auto ok = may_delete(*current, call, services); !ok) return fail(std::move(ok.error()));
  const auto decision = services.deps.registry.propose(change, kDecisionLimit);
  if (!decision && *wanted && is_stale(decision.error())) return precondition_failed(decision.error().message);
  if (!decision) return fail(decision.error());
  http::Response response;
  response.status = 204;
  return response;
}

template <class T>
constexpr KindHandlers handlers() {
  return {list<T>,  [](const Call& call, Services&) { return show<T>(call); }, create<T>, replace<T>, merge<T>,
          remove<T>};
}

}  // namespace

KindHandlers handlers_of(std::string_view kind) {
  KindHandlers found{};
  registry::with_kind(kind, [&](auto type) {
    using T = typename decltype(type)::type;
    if constexpr (!std::is_same_v<T, registry::Installation>) found = handlers<T>();
  });
  return found;
}

}  // namespace certes::gateway::api
