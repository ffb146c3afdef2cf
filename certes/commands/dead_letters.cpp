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
  std::string path = "/dead-letters?";
  if (!options.endpoint.empty()) path += "endpoint=" + client::percent_encode(options.endpoint) + "&";
  if (!options.delivery.empty()) path += "delivery=" + client::percent_encode(options.delivery) + "&";
  path.pop_back();
  const auto body = api.list(path, options.limit);
  if (!body) return failed(body.error());
  const Json items = json_or_null<Json>(*body);
  if (options.connection.json) {
    print_line(indented_json(*body));
    return kExitOk;
  }
  const std::vector<const char*> names{"id",   "dead_lettered_at", "event", "endpoint",
                                       "type", "attempts",         "rule",  "error"};
  std::vector<Row> rows;
  for (const Json& item : items) {
    Row row;
    for (const char* name : names) row.push_back(member(item, name));
    rows.push_back(std::move(row));
  }
  print(table({"ID", "TIME", "EVENT", "ENDPOINT", "TYPE", "ATTEMPTS", "RULE", "ERROR"}, rows));
  return kExitOk;
}

// A delivery's id does not say where its dead letter stands: the list is gone through for it, page by page.
Result<std::string> letter_id(client::ApiClient& api, const std::string& id) {
  if (!id.starts_with("dlv_")) return id;
  const auto body = api.list("/dead-letters?delivery=" + client::percent_encode(id), 1);
  if (!body) return fail(body.error());
  const Json items = json_or_null<Json>(*body);
  if (items.is_array() && !items.empty()) return member(items.front(), "id");
  return fail(Code::not_found, "404: there is no dead letter of the delivery " + id);
}

int show(client::ApiClient& api, const DeadLetterOptions& options) {
  const auto id = letter_id(api, options.ids.at(0));
  if (!id) return failed(id.error());
  const auto body = api.get("/dead-letters/" + client::percent_encode(*id));
  if (!body) return failed(body.error());
  const Json item = json_or_null<Json>(*body);
  if (options.connection.json || !item.is_object()) {
    print_line(item.is_object() ? indented_json(*body) : *body);
    return kExitOk;
  }
  std::vector<Member> members;
  for (const auto& [name, value] : item.items())
    members.emplace_back(name, name == "data" ? compact_json(raw_member(*body, name)) : member(item, name.c_str()));
  print(member_lines(members));
  return kExitOk;
}

int replay_one(client::ApiClient& api, const DeadLetterOptions& options, const std::string& named) {
  const auto id = letter_id(api, named);
  if (!id) return failed(id.error());
  std::string body = options.again ? R"({"again":true})" : "{}";
  if (!options.data.empty()) {
    const auto data = argument_text(options.data);
    if (!data) return failed(data.error());
    if (!parse_json<Json>(*data)) return failed({Code::invalid, "--data is not JSON"});
    add_raw_member(body, "data", *data);
  }
  const auto answer = api.request("POST", "/dead-letters/" + client::percent_encode(*id) + "/replay", body);
  if (!answer) return failed(answer.error());
  const bool repeated = answer->body.find("\"duplicate\":true") != std::string::npos;
  const std::string done = repeated ? "was replayed before (--again sends it again): " : "replayed ";
  print_line(options.connection.json ? answer->body : done + named);
  return kExitOk;
}

// What the pages of a replay have come to.
struct Replayed {
  std::uint64_t count = 0, repeated = 0, refused = 0, skipped = 0;

  void add(const Json& page) {
    count += page.value("count", std::uint64_t{0});
    repeated += page.value("repeated", std::uint64_t{0});
    refused += page.value("refused", std::uint64_t{0});
    skipped += page.value("skipped", std::uint64_t{0});
  }
  std::string json() const {
    return Json({{"count", count}, {"repeated", repeated}, {"refused", refused}, {"skipped", skipped}}).dump();
  }
  std::string text() const {
    std::string text = "replayed " + std::to_string(count);
    if (repeated > 0) text += "; " + std::to_string(repeated) + " were replayed before (--again sends them again)";
    if (refused > 0) text += "; " + std::to_string(refused) + " still break the schema of their type";
    if (skipped > 0) text += "; " + std::to_string(skipped) + " are for no endpoint";
    return text;
  }
};

// The service replays a page at a time and says where the next begins. After a failure the same command goes on: what
// was replayed is not replayed again.
int replay_many(client::ApiClient& api, const DeadLetterOptions& options) {
  Json filter = Json::object();
  if (options.endpoint.empty())
    filter["all"] = true;
  else
    filter["endpoint"] = options.endpoint;
  if (options.again) filter["again"] = true;
  filter["limit"] = 1'000;
  Replayed replayed;
  for (;;) {
    const auto answer = api.request("POST", "/dead-letters/replay", filter.dump());
    if (!answer) return failed(answer.error());
    const Json page = json_or_null<Json>(answer->body);
    if (!page.is_object()) return failed({Code::internal, "the answer is no JSON object"});
    replayed.add(page);
    const auto next = page.find("next");
    if (next == page.end() || !next->is_string()) break;
    filter["after"] = *next;
    if (!options.connection.json) note(replayed.text() + ", going on");
  }
  print_line(options.connection.json ? replayed.json() : replayed.text());
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
