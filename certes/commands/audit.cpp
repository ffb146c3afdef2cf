// certes audit

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/time_text.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

std::string path_of(const AuditOptions& options) {
  const std::pair<const char*, const std::string*> parameters[] = {
      {"kind", &options.kind}, {"id", &options.id}, {"by", &options.by}, {"from", &options.from}, {"to", &options.to}};
  std::string path = "/audit";
  for (const auto& [name, value] : parameters) {
    if (value->empty()) continue;
    path +=
        (path.find('?') == std::string::npos ? "?" : "&") + std::string(name) + "=" + client::percent_encode(*value);
  }
  return path;
}

// "http://a" -> "http://b" of a member, as far as they are told.
std::string change_of(const Json& item, const std::string& member) {
  const auto side = [&](const char* name) -> std::string {
    const auto values = item.find(name);
    if (values == item.end() || !values->is_object() || !values->contains(member)) return "-";
    return (*values)[member].dump(-1, ' ', false, Json::error_handler_t::replace);
  };
  const std::string before = side("before"), after = side("after");
  return before == after ? "" : " " + before + " -> " + after;
}

// Which members it changed, why it was refused, or what it went with.
std::string remark(const Json& item) {
  if (item.contains("reason")) return item.value("reason", "");
  if (item.contains("with")) return "with " + item.value("with", "");
  std::string text;
  for (const Json& member : item.value("members", Json::array()))
    text += (text.empty() ? "" : ", ") + member.get<std::string>() + change_of(item, member.get<std::string>());
  return text;
}

}  // namespace

int run_command(const AuditOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  const auto body = api->list(path_of(options), options.limit);
  if (!body) return failed(body.error());
  const Json items = json_or_null<Json>(*body);
  if (options.connection.json) {
    print_line(indented_json(*body));
    return kExitOk;
  }
  const UnixMillis now = SystemClock().unix_millis();
  std::vector<Row> rows;
  for (const Json& item : items)
    rows.push_back({time_text(item.value("at", Json()), now), item.value("by", "-"), item.value("action", "-"),
                    item.value("kind", "") + "/" + item.value("id", ""), item.value("outcome", "-"), remark(item)});
  print(table({"AT", "BY", "ACTION", "RESOURCE", "OUTCOME", "WHAT"}, rows));
  return kExitOk;
}

}  // namespace certes::command
