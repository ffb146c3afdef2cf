#include "common/registry/config_change.hpp"

#include "common/json/json.hpp"
#include "common/registry/audit_values.hpp"
#include "common/registry/json.hpp"

namespace certes::registry {

Change config_change(std::string_view process, const std::vector<ChangedSetting>& settings) {
  OrderedJson body = {{"before", OrderedJson::object()}, {"after", OrderedJson::object()}};
  for (const ChangedSetting& setting : settings) {
    body["before"][setting.name] = setting.from;
    body["after"][setting.name] = setting.to;
  }
  Change change;
  change.kind = kConfigKind;
  change.id = process;
  change.body = body.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  return change;
}

void read_config_change(const Change& change, AuditEntry& entry) {
  const auto json = json_or_null<OrderedJson>(change.body);
  const auto side = [&](const char* name) {
    const bool is_there = json.is_object() && json.contains(name) && json[name].is_object();
    return is_there ? json[name] : OrderedJson::object();
  };
  const OrderedJson before = side("before"), after = side("after");
  for (const auto& [name, value] : after.items()) entry.members.push_back(pointer_step(name));
  entry.values = audit_values(before, after, entry.members);
}

}  // namespace certes::registry
