// Tenants and keys as JSON.
#include <algorithm>

#include "common/registry/codec.hpp"

namespace certes::registry {
namespace {

constexpr std::int64_t kMostResources = 1'000'000'000;
constexpr double kMostEventsPerSecond = 1e9;
constexpr std::size_t kMostSources = 64;
constexpr std::size_t kMostFormer = 8;

template <class Number>
void read_quota(Fields& fields, std::string_view name, std::optional<Number>& quota) {
  if (!fields.has(name)) return;
  Number value{};
  if constexpr (std::is_same_v<Number, double>) {
    fields.number(name, value, 0.001, kMostEventsPerSecond);
  } else {
    fields.integer<Number>(name, value, 0, kMostResources);
  }
  quota = value;
}

void read_quotas(Fields& outer, Quotas& quotas) {
  const Json* json = outer.take("quotas");
  if (json == nullptr) return;
  Fields fields = outer.inside(*json, "quotas");
  read_quota(fields, "sources", quotas.sources);
  read_quota(fields, "endpoints", quotas.endpoints);
  read_quota(fields, "subscriptions", quotas.subscriptions);
  read_quota(fields, "keys", quotas.keys);
  read_quota(fields, "event_types", quotas.event_types);
  read_quota(fields, "events_per_second", quotas.events_per_second);
  if (auto error = fields.done()) outer.refuse(std::move(*error));
}

// One that a later version knows gives nothing here.
void read_scopes(Fields& fields, std::vector<std::string>& scopes, Form form) {
  fields.required("scopes");
  fields.texts("scopes", scopes, 64, 64);
  for (std::size_t i = 0; form == Form::declared && fields.ok() && i < scopes.size(); ++i) {
    if (valid_scope(scopes[i])) continue;
    fields.refuse(
        Error(Code::invalid, "\"" + scopes[i] + "\" is no scope", fields.at("scopes") + "/" + std::to_string(i)));
  }
  if (fields.ok() && scopes.empty()) fields.refuse("scopes", "must hold a scope");
}

void read_sources(Fields& fields, std::vector<std::string>& sources) {
  fields.texts("sources", sources, kMostSources, 128);
  for (std::size_t i = 0; fields.ok() && i < sources.size(); ++i) {
    if (valid_source_id(sources[i])) continue;
    fields.refuse(Error(Code::invalid, "an id of a source is 1 to 128 of A-Z a-z 0-9 _ -",
                        fields.at("sources") + "/" + std::to_string(i)));
  }
}

void read_former(Fields& fields, std::vector<Key::Former>& former) {
  const Json* json = fields.take("former");
  if (json == nullptr) return;
  if (!json->is_array() || json->size() > kMostFormer) return fields.refuse("former", "must be an array of few");
  for (const Json& entry : *json) {
    Fields one = fields.entry(entry, "former", former.size());
    Key::Former value;
    one.required("hash");
    one.text("hash", value.hash, 64);
    one.integer<UnixMillis>("expires_at", value.expires_at, 0, INT64_MAX);
    if (auto error = one.done()) return fields.refuse(std::move(*error));
    former.push_back(std::move(value));
  }
}

}  // namespace

void read(Fields& fields, Tenant& tenant, Form) {
  fields.integer("weight", tenant.weight, 1, kMostWeight);
  fields.choice("max_priority", tenant.max_priority,
                {to_string(Priority::critical), to_string(Priority::high), to_string(Priority::normal),
                 to_string(Priority::low), to_string(Priority::bulk)});
  read_quotas(fields, tenant.quotas);
}

void write(OrderedJson& out, const Tenant& tenant, bool) {
  out["weight"] = tenant.weight;
  out["max_priority"] = to_string(tenant.max_priority);
  OrderedJson quotas = OrderedJson::object();
  const auto add = [&quotas](const char* name, const auto& quota) {
    if (quota) quotas[name] = *quota;
  };
  add("sources", tenant.quotas.sources);
  add("endpoints", tenant.quotas.endpoints);
  add("subscriptions", tenant.quotas.subscriptions);
  add("keys", tenant.quotas.keys);
  add("event_types", tenant.quotas.event_types);
  add("events_per_second", tenant.quotas.events_per_second);
  if (!quotas.empty()) out["quotas"] = std::move(quotas);
}

void read(Fields& fields, Key& key, Form form) {
  read_scopes(fields, key.scopes, form);
  read_sources(fields, key.sources);
  fields.number("rate_per_second", key.rate_per_second, 0, 1e6);
  std::string expires;
  fields.text("expires", expires, 64);
  if (fields.ok() && fields.has("expires")) {
    key.expires_at = parse_rfc3339(expires);
    if (key.expires_at <= 0) fields.refuse("expires", "must be a time as in RFC 3339");
  }
  if (form == Form::declared) return fields.passed_over({"former_valid_until"});
  fields.required("hash");
  fields.text("hash", key.hash, 64);
  read_former(fields, key.former);
}

void write(OrderedJson& out, const Key& key, bool stored) {
  out["scopes"] = key.scopes;
  if (!stored) out["tenant"] = key.tenant;
  if (!key.sources.empty()) out["sources"] = key.sources;
  if (key.rate_per_second > 0) out["rate_per_second"] = key.rate_per_second;
  if (key.expires_at != 0) out["expires"] = format_rfc3339(key.expires_at);
  if (!stored) {
    UnixMillis until = 0;
    for (const Key::Former& one : key.former) until = std::max(until, one.expires_at);
    if (until != 0) out["former_valid_until"] = format_rfc3339(until);
    return;
  }
  out["hash"] = key.hash;
  for (const Key::Former& one : key.former) {
    out["former"].push_back({{"hash", one.hash}, {"expires_at", one.expires_at}});
  }
}

}  // namespace certes::registry
