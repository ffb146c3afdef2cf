#include "api/backups/backup_routes.hpp"

#include <nlohmann/json.hpp>

#include "api/backups/backups.hpp"
#include "api/page.hpp"
#include "common/registry/json.hpp"

namespace certes::api {
namespace {

using registry::OrderedJson;

http::Response no_backups() {
  return http::problem(501, "no-backup", "No backups here",
                       "this log is Kafka's: its brokers keep copies of it, and certes export prints what is declared");
}

Result<void> check_tenant(const Call& call) {
  if (call.caller.tenant == registry::kDefaultTenant) return {};
  return fail(Code::not_found, "backups are the installation's: keys of its tenant, default, see them");
}

std::string backup_json(const Backup& backup) {
  const auto time = [](const std::optional<UnixMillis>& at) {
    return at ? OrderedJson(format_rfc3339(*at)) : OrderedJson();
  };
  OrderedJson json = {{"name", backup.name},
                      {"state", to_string(backup.state)},
                      {"file", backup.file},
                      {"bytes", backup.bytes},
                      {"total_bytes", backup.total}};
  json["records"] = backup.records ? OrderedJson(*backup.records) : OrderedJson();
  json["started_at"] = time(backup.started_at);
  json["ended_at"] = time(backup.ended_at);
  if (!backup.error.empty()) json["error"] = backup.error;
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
}

Result<std::string> name_of(const Call& call) {
  if (call.request.body.empty()) return std::string();
  const auto json = registry::parse_json(call.request.body);
  if (!json) return fail(json.error());
  if (!json->is_object()) return fail(Code::invalid, R"(must be an object: {"name":"before-upgrade"})");
  registry::Fields fields(*json, "");
  std::string name;
  fields.text("name", name, 128);
  if (auto error = fields.done()) return fail(std::move(*error));
  return name;
}

// What `act` answers where there may be backups.
template <class Act>
Result<http::Response> with_backups(const Call& call, Services& services, Act act) {
  if (auto may = check_tenant(call); !may) return fail(may.error());
  if (!services.backups) return no_backups();
  return act(*services.backups);
}

}  // namespace

Result<http::Response> create_backup(const Call& call, Services& services) {
  return with_backups(call, services, [&](Backups& backups) -> Result<http::Response> {
    auto name = name_of(call);
    if (!name) return fail(std::move(name.error()));
    const auto begun = backups.begin(std::move(*name));
    if (!begun) return fail(begun.error());
    return json_response(202, backup_json(*begun));
  });
}

Result<http::Response> list_backups(const Call& call, Services& services) {
  return with_backups(call, services, [&](Backups& backups) -> Result<http::Response> {
    const auto all = backups.list();
    if (!all) return fail(all.error());
    Page shown(all->size(), services);
    for (const Backup& each : *all) shown.add(backup_json(each));
    return std::move(shown).answer(std::nullopt);
  });
}

Result<http::Response> show_backup(const Call& call, Services& services) {
  return with_backups(call, services, [&](Backups& backups) -> Result<http::Response> {
    const auto found = backups.find(call.path("name").value_or(""));
    if (!found) return fail(found.error());
    return json_response(200, backup_json(*found));
  });
}

Result<http::Response> delete_backup(const Call& call, Services& services) {
  return with_backups(call, services, [&](Backups& backups) -> Result<http::Response> {
    const auto removed = backups.remove(call.path("name").value_or(""));
    if (!removed) return fail(removed.error());
    http::Response gone;
    gone.status = 204;
    return gone;
  });
}

}  // namespace certes::api
