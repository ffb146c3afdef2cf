#include "api/resources.hpp"

#include "api/change.hpp"
#include "api/event_types.hpp"
#include "api/homes.hpp"
#include "api/key_rules.hpp"
#include "api/listing.hpp"
#include "api/merge_patch.hpp"
#include "api/page.hpp"
#include "api/sealed_members.hpp"
#include "common/json/json.hpp"

namespace certes::api {
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

// What is declared, to follow `current` (null: there is none), with its secrets in the clear. `json` is not used again.
template <class T>
Result<T> read_declared(Json& json, const T* current, const Services& services) {
  if (auto ok = fill_in(json, current, services.deps.sealer); !ok) return fail(std::move(ok.error()));
  if (current != nullptr) return registry::declared_after(json, *current);
  return registry::resource_from_json<T>(json, registry::Form::declared);
}

Result<Json> body_of(const Call& call) {
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
  Listing<T> listing(*call.state, *tenant, call.query("after"));
  Page page(*limit, services);
  std::string last;
  while (!listing.ended() && !page.full()) {
    auto [shown, id] = listing.take();
    page.add(shown);
    last = std::move(id);
  }
  return std::move(page).answer(listing.ended() ? std::nullopt : std::optional(last));
}

template <class T>
Result<http::Response> show(const Call& call) {
  const auto id = id_in_path<T>(call);
  if (!id) return fail(id.error());
  const auto tenant = home<T>(call);
  if (!tenant) return fail(tenant.error());
  if (const auto unusable = find_unusable<T>(*call.state, *tenant, *id)) return answer(200, *unusable);
  const auto resource = find<T>(*call.state, *tenant, *id);
  if (!resource) return fail(not_found<T>(*id));
  return answer(200, *resource);
}

template <class T>
Result<http::Response> create(const Call& call, Services& services) {
  auto json = body_of(call);
  if (!json) return fail(json.error());
  const auto tenant = declared_home<T>(call, *json);
  if (!tenant) return fail(tenant.error());
  const T* const none = nullptr;
  auto next = read_declared<T>(*json, none, services);
  if (!next) return fail(std::move(next.error()));
  next->tenant = *tenant;
  if (next->id.empty()) next->id = services.new_id(Words<T>::prefix);
  const auto revealed = complete(*next, none, *json, call, services);
  if (!revealed) return fail(revealed.error());
  return propose(*next, none, *call.state, registry::Change::Op::create, std::nullopt, *revealed, call, services);
}

// `json`, the whole resource as it is declared, in the place of `current` (null: there is none).
template <class T>
Result<T> next_of(Json json, const T* current, const std::string& tenant, const std::string& id, Revealed& revealed,
                  const Call& call, Services& services) {
  auto next = read_declared<T>(json, current, services);
  if (!next) return next;
  next->tenant = tenant;
  next->id = id;
  auto completed = complete(*next, current, json, call, services);
  if (!completed) return fail(std::move(completed.error()));
  revealed = std::move(*completed);
  return next;
}

template <class T>
Result<http::Response> replace(const Call& call, Services& services) {
  const auto id = id_in_path<T>(call);
  if (!id) return fail(Code::invalid, "is no valid id", "/id");
  const auto json = body_of(call);
  if (!json) return fail(json.error());
  if (json->contains("id") && (*json)["id"] != *id) return fail(Code::invalid, "is not the id in the path", "/id");
  const auto tenant = declared_home<T>(call, *json);
  if (!tenant) return fail(tenant.error());
  return change_resource<T>(*tenant, *id, call, services, [&](const T* current, Revealed& revealed) {
    return next_of<T>(*json, current, *tenant, *id, revealed, call, services);
  });
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
    Json merged = json_or_null<Json>(registry::shown_json(*current));
    prepare_merge(merged, *patch, *current);
    merge_patch(merged, *patch);
    if (auto ok = keeps_all(registry::shown_unknown(*current), merged); !ok) return fail(std::move(ok.error()));
    return next_of<T>(std::move(merged), current, *tenant, *id, revealed, call, services);
  });
}

// What keeps the caller from deleting it, besides what the registry decides.
template <class T>
Result<void> may_delete(const T& current, const Call& call, Services& services) {
  const UnixMillis now = services.deps.clock.unix_millis();
  if constexpr (std::is_same_v<T, registry::Key>) return may_remove(current, call, now);
  if constexpr (std::is_same_v<T, registry::Tenant>) return may_remove_keys_of(current, call, now);
  if constexpr (std::is_same_v<T, registry::EventType>) return check_not_built_in(current.id);
  return {};
}

template <class T>
Result<http::Response> remove(const Call& call, Services& services) {
  const auto id = id_in_path<T>(call);
  if (!id) return fail(id.error());
  const auto tenant = home<T>(call);
  if (!tenant) return fail(tenant.error());
  const auto wanted = Precondition::of(call);
  if (!wanted) return fail(wanted.error());
  registry::Change change;
  change.op = registry::Change::Op::remove;
  change.kind = Kind<T>::name;
  change.tenant = *tenant;
  change.id = *id;
  change.by = call.by(*tenant);
  change.based_on = wanted->version();
  constexpr bool kCascades = std::is_same_v<T, registry::Endpoint> || std::is_same_v<T, registry::Tenant>;
  change.cascade = kCascades && call.query("cascade") == "true";
  const auto current = find<T>(*call.state, *tenant, *id);
  const auto unusable = find_unusable<T>(*call.state, *tenant, *id);
  if (wanted->absence() && (current || unusable)) return precondition_failed(*wanted, "it exists");
  if (unusable)
    if (auto ok = may_take_away(*unusable, call); !ok) return fail(std::move(ok.error()));
  if (current)
    if (auto ok = may_delete(*current, call, services); !ok) return fail(std::move(ok.error()));
  const auto decision = decide(change, services);
  if (!decision && is_stale(decision.error())) return precondition_failed(*wanted, decision.error().message);
  if (!decision && kCascades && !change.cascade && decision.error().code == Code::conflict)
    return fail(Code::conflict, decision.error().message + "; ?cascade=true deletes what needs it too");
  if (!decision) return fail(decision.error());
  http::Response response;
  response.status = 204;
  return response;
}

// Changes that may take away the last key that may do everything: one at a time in this process, each judged by a state
// that holds the one before.
template <ApiHandler handler>
Result<http::Response> one_at_a_time(const Call& call, Services& services) {
  const Lock lock(services.administration);
  Call anew = call;
  anew.state = services.fresh_state();
  return handler(anew, services);
}

template <class T>
constexpr KindHandlers handlers() {
  constexpr ApiHandler kShow = [](const Call& call, Services&) { return show<T>(call); };
  if constexpr (std::is_same_v<T, registry::Key>) {
    return {list<T>, kShow, create<T>, one_at_a_time<replace<T>>, one_at_a_time<merge<T>>, one_at_a_time<remove<T>>};
  } else if constexpr (std::is_same_v<T, registry::Tenant>) {
    return {list<T>, kShow, create<T>, replace<T>, merge<T>, one_at_a_time<remove<T>>};
  } else {
    return {list<T>, kShow, create<T>, replace<T>, merge<T>, remove<T>};
  }
}

}  // namespace

KindHandlers handlers_of(std::string_view kind) {
  KindHandlers found{};
  registry::with_kind(kind, [&](auto type) {
    using T = typename decltype(type)::type;
    constexpr bool kDeclared = !std::is_same_v<T, registry::Installation> && !std::is_same_v<T, registry::Job>;
    if constexpr (kDeclared) found = handlers<T>();
  });
  return found;
}

}  // namespace certes::api
