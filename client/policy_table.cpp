#include "client/policy_table.hpp"

#include "common/json/json.hpp"
#include "common/registry/resource_json.hpp"

namespace certes::client {
namespace {

using Json = nlohmann::json;

// The API shows more than a declaration may hold.
std::string declared(const Json& shown) {
  Json kept = Json::object();
  for (const char* name : {"strategy", "base_seconds", "factor", "cap_seconds", "schedule_seconds", "jitter",
                           "max_attempts", "max_seconds"})
    if (const auto found = shown.find(name); found != shown.end()) kept[name] = *found;
  return kept.dump();
}

Result<void> use(const std::map<std::string, backoff::Policy>& named, const std::string& what, const std::string& name,
                 backoff::Policy& out) {
  const auto found = named.find(name);
  if (found == named.end())
    return fail(Code::invalid, what + " names the back-off policy " + name + ", which is not there");
  out = found->second;
  return {};
}

}  // namespace

Result<void> PolicyTable::add(std::string_view kind, const std::string& id, const std::string& json) {
  const Json shown = json_or_null<Json>(json);
  if (!shown.is_object()) return fail(Code::invalid, std::string(kind) + "/" + id + " is no JSON object");
  if (kind == "backoff-policies") {
    auto policy = registry::parse<registry::BackoffPolicy>(declared(shown), registry::Form::declared);
    if (!policy) return fail(std::move(policy.error()).prefixed("back-off policy " + id + ": "));
    named[id] = static_cast<const backoff::Policy&>(*policy);
    return {};
  }
  if (kind != "sources" && kind != "event-types") return {};
  const auto name = shown.find("producer_backoff_policy");
  if (name == shown.end() || !name->is_string() || name->get_ref<const std::string&>().empty()) return {};
  (kind == "sources" ? sources : event_types)[id] = name->get<std::string>();
  return {};
}

Result<Policies> PolicyTable::applied_to(Policies base, const std::string& global) const {
  if (!global.empty())
    if (auto used = use(named, "backoff.producer_policy", global, base.global); !used) return fail(used.error());
  for (const auto& [id, name] : sources)
    if (auto used = use(named, "source " + id, name, base.by_source[id]); !used) return fail(used.error());
  for (const auto& [id, name] : event_types)
    if (auto used = use(named, "event type " + id, name, base.by_type[id]); !used) return fail(used.error());
  return base;
}

}  // namespace certes::client
