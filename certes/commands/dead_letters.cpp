// certes dead-letters list|show|replay

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

std::string member(const Json& item, const char* name) {
  const auto found = item.find(name);
  if (found == item.end() || found->is_null()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

int list(client::ApiClient& api, const DeadLetterOptions& options) {
  std::string path = "/dead-letters";
  if (!options.endpoint.empty()) path += "?endpoint=" + client::percent_encode(options.endpoint);
  const auto body = api.list(path, options.limit);
  if (!body) return failed(body.error());
  const Json items = json_or_null<Json>(*body);
  if (options.connection.json) {
    print_line(indented_json(*body));
    return kExitOk;
  }
  const std::vector<const char*> names{"id", "endpoint", "type", "attempts", "rule", "error"};
  std::vector<Row> rows;
  for (const Json& item : items) {
    Row row;
    for (const char* name : names) row.push_back(member(item, name));
    rows.push_back(std::move(row));
  }
  print(table({"ID", "ENDPOINT", "TYPE", "ATTEMPTS", "RULE", "ERROR"}, rows));
  return kExitOk;
}

int show(client::ApiClient& api, const DeadLetterOptions& options) {
  const auto body = api.get("/dead-letters/" + client::percent_encode(options.ids.at(0)));
  if (!body) return failed(body.error());
  const Json item = json_or_null<Json>(*body);
  if (options.connection.json || !item.is_object()) {
    print_line(item.is_object() ? indented_json(*body) : *body);
    return kExitOk;
  }
  for (const auto& [name, value] : item.items())
    print_line(name + std::string(name.size() < 16 ? 16 - name.size() : 1, ' ') +
               (name == "data" ? std::string(raw_member(*body, name)) : member(item, name.c_str())));
  return kExitOk;
}

int replay_one(client::ApiClient& api, const DeadLetterOptions& options, const std::string& id) {
  std::string body = "{}";
  if (!options.data.empty()) {
    const auto data = argument_text(options.data);
    if (!data) return failed(data.error());
    if (!parse_json<Json>(*data)) return failed({Code::invalid, "--data is not JSON"});
    add_raw_member(body, "data", *data);
  }
  const auto answer = api.request("POST", "/dead-letters/" + client::percent_encode(id) + "/replay", body);
  if (!answer) return failed(answer.error());
  print_line(options.connection.json ? answer->body : "replayed " + id);
  return kExitOk;
}

// The service replays a page at a time and says where the next begins.
int replay_many(client::ApiClient& api, const DeadLetterOptions& options) {
  Json filter = Json::object();
  if (!options.endpoint.empty()) filter["endpoint"] = options.endpoint;
  filter["limit"] = 1'000;
  std::uint64_t count = 0;
  std::uint64_t refused = 0;
  for (;;) {
    const auto answer = api.request("POST", "/dead-letters/replay", filter.dump());
    if (!answer) return failed(answer.error());
    const Json page = json_or_null<Json>(answer->body);
    if (!page.is_object()) return failed({Code::internal, "the answer is no JSON object"});
    count += page.value("count", std::uint64_t{0});
    refused += page.value("refused", std::uint64_t{0});
    const auto next = page.find("next");
    if (next == page.end() || !next->is_string()) break;
    filter["after"] = *next;
  }
  if (options.connection.json)
    print_line("{\"count\":" + std::to_string(count) + ",\"refused\":" + std::to_string(refused) + "}");
  else
    print_line("replayed " + std::to_string(count) +
               (refused > 0 ? "; " + std::to_string(refused) + " still break the schema of their type" : ""));
  return kExitOk;
}

}  // namespace

int run_command(const DeadLetterOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  if (options.action == "list") return list(*api, options);
  if (options.action == "show") return show(*api, options);
  if (options.ids.empty()) return replay_many(*api, options);
  for (const std::string& id : options.ids)
    if (const int status = replay_one(*api, options, id); status != kExitOk) return status;
  return kExitOk;
}

}  // namespace certes::command
