// certes backup; certes backups list|show|delete: copies of the embedded log, which the server makes and keeps.

#include "certes/commands/bytes_text.hpp"
#include "certes/commands/cell_text.hpp"
#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/time_text.hpp"
#include "certes/commands/work_progress.hpp"
#include "common/base/clock.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t backup_number(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

std::string backup_text(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string path_of(const BackupOptions& options) { return "/backups/" + client::percent_encode(options.name); }

WorkProgress backup_progress(const std::string& answer) {
  const Json backup = json_or_null<Json>(answer);
  if (!backup.is_object()) return {};
  return {backup_text(backup, "state") == "running", backup_text(backup, "name") + ": ", backup_number(backup, "bytes"),
          backup_number(backup, "total_bytes"), ""};
}

int print_backup(const Connection& connection, const std::string& backup) {
  if (connection.json) {
    print_line(indented_json(backup));
    return kExitOk;
  }
  const Json json = json_or_null<Json>(backup);
  if (!json.is_object()) return failed({Code::internal, "the answer is no JSON object"});
  const UnixMillis now = SystemClock().unix_millis();
  std::vector<Member> members;
  for (const auto& [name, value] : json.items()) {
    const bool is_time = name.ends_with("_at"), is_bytes = name.ends_with("bytes");
    members.emplace_back(name, is_time    ? time_text(value, now)
                               : is_bytes ? bytes_text(backup_number(json, name.c_str()))
                                          : cell_text(value));
  }
  print(member_lines(members));
  return kExitOk;
}

int list_backups(client::ApiClient& api, const Connection& connection) {
  const auto page = api.get("/backups");
  if (!page) return failed(page.error());
  if (connection.json) {
    print_line(indented_json(*page));
    return kExitOk;
  }
  const Json json = json_or_null<Json>(*page);
  if (!json.is_object()) return failed({Code::internal, "the answer is no JSON object"});
  const UnixMillis now = SystemClock().unix_millis();
  std::vector<Row> rows;
  for (const Json& one : json.value("items", Json::array()))
    rows.push_back({backup_text(one, "name"), backup_text(one, "state"), bytes_text(backup_number(one, "bytes")),
                    time_text(one.value("ended_at", Json()), now), backup_text(one, "file")});
  print(table({"NAME", "STATE", "SIZE", "DONE", "FILE"}, rows));
  return kExitOk;
}

int wait_for_backup(client::ApiClient& api, const BackupOptions& options) {
  const auto backup = wait_for_work(api, options.connection, {path_of(options), backup_progress, bytes_text});
  if (!backup) return failed(backup.error());
  const Json json = json_or_null<Json>(*backup);
  const int printed = print_backup(options.connection, *backup);
  return json.is_object() && backup_text(json, "state") == "done" ? printed : kExitFailure;
}

int make_backup(client::ApiClient& api, const BackupOptions& options) {
  const auto answer =
      api.request("POST", "/backups", options.name.empty() ? "{}" : Json{{"name", options.name}}.dump());
  if (!answer) return failed(answer.error());
  if (!options.wait) return print_backup(options.connection, answer->body);
  BackupOptions begun = options;
  const Json json = json_or_null<Json>(answer->body);
  if (json.is_object()) begun.name = backup_text(json, "name");
  return wait_for_backup(api, begun);
}

int delete_backup(client::ApiClient& api, const BackupOptions& options) {
  const auto answer = api.request("DELETE", path_of(options), "");
  if (!answer) return failed(answer.error());
  if (!options.connection.json) print_line("backups/" + options.name + " is deleted");
  return kExitOk;
}

}  // namespace

int run_command(const BackupOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  if (options.action == "make") return make_backup(*api, options);
  if (options.action == "list") return list_backups(*api, options.connection);
  if (options.action == "delete") return delete_backup(*api, options);
  const auto answer = api->get(path_of(options));
  if (!answer) return failed(answer.error());
  return print_backup(options.connection, *answer);
}

}  // namespace certes::command
