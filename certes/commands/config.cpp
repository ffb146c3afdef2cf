// certes config list|set|reset: the settings of a process that runs.
#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

bool is_changed(const Json& setting) { return setting.value("from", "") != "default"; }

int list_settings(client::ApiClient& api, const ConfigOptions& options) {
  const auto page = api.get("/config");
  if (!page) return failed(page.error());
  const Json settings = json_or_null<Json>(*page);
  if (!settings.is_object()) return failed({Code::internal, "the answer is no JSON object"});
  Json shown = Json::array();
  for (const Json& setting : settings.value("items", Json::array()))
    if (!options.changed || is_changed(setting)) shown.push_back(setting);
  if (options.connection.json) {
    print_line(shown.dump(2));
    return kExitOk;
  }
  std::vector<Row> rows;
  for (const Json& setting : shown) {
    const std::string value = setting.value("value", "");
    const std::string from = setting.value("from", "-");
    rows.push_back({setting.value("name", "-"), value.empty() ? "-" : value,
                    is_changed(setting) ? from + " (default " + setting.value("default", "") + ")" : from,
                    setting.value("changeable", false) ? "yes" : "-", setting.value("what", "")});
  }
  print(table({"SETTING", "VALUE", "FROM", "CHANGEABLE", "WHAT"}, rows));
  return kExitOk;
}

Result<Json> changes_of(const ConfigOptions& options) {
  Json changes = Json::object();
  for (const std::string& text : options.values) {
    const std::size_t equals = text.find('=');
    if (options.action == "reset")
      changes[text] = nullptr;
    else if (equals == std::string::npos)
      return fail(Code::invalid, "\"" + text + "\" must be NAME=VALUE");
    else
      changes[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return changes;
}

int change_settings(client::ApiClient& api, const ConfigOptions& options) {
  const auto changes = changes_of(options);
  if (!changes) {
    failed(changes.error());
    return kExitUsage;
  }
  const auto answer = api.request("PATCH", "/config", changes->dump());
  if (!answer) return failed(answer.error());
  if (options.connection.json) {
    print_line(indented_json(answer->body));
    return kExitOk;
  }
  const Json done = json_or_null<Json>(answer->body);
  if (!done.is_object()) return failed({Code::internal, "the answer is no JSON object"});
  const Json changed = done.value("changed", Json::array());
  for (const Json& one : changed)
    print_line(one.value("name", "") + " is " + one.value("to", "") + " now (it was " + one.value("from", "") + ")");
  if (changed.empty()) print_line("nothing has changed");
  return kExitOk;
}

}  // namespace

int run_command(const ConfigOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  return options.action == "list" ? list_settings(*api, options) : change_settings(*api, options);
}

}  // namespace certes::command
