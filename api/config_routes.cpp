#include "api/config_routes.hpp"

#include <spdlog/spdlog.h>

#include <nlohmann/json.hpp>

#include "api/change.hpp"
#include "api/page.hpp"
#include "common/config/running.hpp"
#include "common/registry/config_change.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using registry::Json;
using registry::OrderedJson;

Result<config::Running*> running_of(const Call& call, Services& services) {
  if (call.caller.tenant != registry::kDefaultTenant)
    return fail(Code::not_found, "settings are the installation's: keys of its tenant, default, see them");
  if (services.deps.running == nullptr)
    return fail(Code::unavailable, "this process does not know where they are from");
  return services.deps.running;
}

std::string text_of(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

// As a file would have it; nothing: it is taken back.
Result<std::optional<std::string>> value_of(const std::string& name, const Json& json) {
  if (json.is_null()) return std::nullopt;
  if (json.is_string()) return json.get<std::string>();
  if (json.is_boolean() || json.is_number()) return json.dump();
  return fail(Code::invalid, "must be a string, a number, a boolean, or null, which takes it back", "/" + name);
}

using Values = std::map<std::string, std::optional<std::string>>;

Result<Values> values_of(const Call& call) {
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  if (!json->is_object() || json->empty())
    return fail(Code::invalid, R"(must be an object of settings: {"gateway.maintenance":true})");
  Values values;
  for (const auto& [name, value] : json->items()) {
    auto text = value_of(name, value);
    if (!text) return fail(std::move(text.error()));
    values.emplace(name, std::move(*text));
  }
  return values;
}

// What is in effect stays so: where the log has not taken the entry, the line that is written for each says who it was.
bool note_in_audit(const std::vector<config::Running::Change>& changed, const Call& call, Services& services) {
  if (changed.empty()) return true;
  std::vector<registry::ChangedSetting> settings;
  settings.reserve(changed.size());
  for (const auto& [name, from, to] : changed) settings.push_back({name, from, to});
  registry::Change change = registry::config_change(services.asker.from(), settings);
  change.by = call.by(change.tenant);
  const auto decided = decide(change, services);
  if (!decided) spdlog::warn("config: a change is not in the audit trail: {}", decided.error().message);
  return decided.has_value();
}

}  // namespace

// They are the installation's, and fit into a page.
Result<http::Response> list_config(const Call& call, Services& services) {
  const auto running = running_of(call, services);
  if (!running) return fail(running.error());
  const auto lines = (*running)->lines();
  Page shown(lines->size(), services);
  for (const config::SettingLine& line : *lines)
    shown.add(text_of({{"name", line.name},
                       {"value", line.value},
                       {"default", line.default_value},
                       {"from", line.origin},
                       {"variable", line.variable},
                       {"changeable", config::may_change(line.name)},
                       {"what", line.doc}}));
  return std::move(shown).answer(std::nullopt);
}

Result<http::Response> change_config(const Call& call, Services& services) {
  const auto running = running_of(call, services);
  if (!running) return fail(running.error());
  const auto values = values_of(call);
  if (!values) return fail(values.error());
  const auto changed = (*running)->change(*values, "PATCH /config by " + call.caller.key);
  if (!changed) return fail(changed.error());
  OrderedJson answer = {{"changed", OrderedJson::array()}, {"audited", note_in_audit(*changed, call, services)}};
  for (const auto& [name, from, to] : *changed) {
    answer["changed"].push_back({{"name", name}, {"from", from}, {"to", to}});
    spdlog::info("config: {} is {} now, and was {}: PATCH /config by {}", name, to, from, call.caller.key);
  }
  return json_response(200, text_of(answer));
}

}  // namespace certes::api
