// certes dead-letters list|show|replay|discard

#include <algorithm>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/jobs.hpp"
#include "certes/commands/time_text.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

std::string letter_text(const Json& item, const char* name) {
  const auto found = item.find(name);
  if (found == item.end() || found->is_null()) return "-";
  return found->is_string() ? found->get<std::string>() : found->dump();
}

int list(client::ApiClient& api, const DeadLetterOptions& options) {
  const std::pair<const char*, const std::string*> parameters[] = {
      {"endpoint", &options.endpoint}, {"delivery", &options.delivery},
      {"type", &options.type},         {"rule", &options.rule},
      {"event", &options.event},       {"state", &options.state},
      {"from", &options.from},         {"to", &options.to}};
  std::string path = "/dead-letters";
  for (const auto& [name, value] : parameters) {
    if (value->empty()) continue;
    path += path.find('?') == std::string::npos ? "?" : "&";
    path += std::string(name) + "=" + client::percent_encode(*value);
  }
  const auto body = api.list(path, options.limit);
  if (!body) return failed(body.error());
  const Json items = json_or_null<Json>(*body);
  if (options.connection.json) {
    print_line(indented_json(*body));
    return kExitOk;
  }
  const std::vector<const char*> names{"id",   "dead_lettered_at", "state", "event", "endpoint",
                                       "type", "attempts",         "rule",  "error"};
  const UnixMillis now = SystemClock().unix_millis();
  std::vector<Row> rows;
  for (const Json& item : items) {
    Row row;
    for (const char* name : names)
      row.push_back(name == names[1] ? time_text(item.value(name, Json()), now) : letter_text(item, name));
    rows.push_back(std::move(row));
  }
  print(table({"ID", "TIME", "STATE", "EVENT", "ENDPOINT", "TYPE", "ATTEMPTS", "RULE", "ERROR"}, rows));
  return kExitOk;
}

// A delivery's id does not say where its dead letter stands: the list knows.
Result<std::string> letter_id(client::ApiClient& api, const std::string& id) {
  if (!id.starts_with("dlv_")) return id;
  const auto body = api.list("/dead-letters?delivery=" + client::percent_encode(id), 1);
  if (!body) return fail(body.error());
  const Json items = json_or_null<Json>(*body);
  if (items.is_array() && !items.empty()) return letter_text(items.front(), "id");
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
    members.emplace_back(name,
                         name == "data" ? compact_json(raw_member(*body, name)) : letter_text(item, name.c_str()));
  print(member_lines(members));
  return kExitOk;
}

Json again_and_headers(const DeadLetterOptions& options) {
  Json body = Json::object();
  if (options.again) body["again"] = true;
  for (const std::string& header : options.headers) {
    const std::size_t equals = std::min(header.find('='), header.size());
    const std::string value = header.substr(std::min(equals + 1, header.size()));
    body["headers"][header.substr(0, equals)] = value.empty() ? Json() : Json(value);
  }
  return body;
}

int replay_one(client::ApiClient& api, const DeadLetterOptions& options, const std::string& named) {
  const auto id = letter_id(api, named);
  if (!id) return failed(id.error());
  std::string body = again_and_headers(options).dump();
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

int discard_one(client::ApiClient& api, const DeadLetterOptions& options, const std::string& named) {
  const auto id = letter_id(api, named);
  if (!id) return failed(id.error());
  const auto answer = api.request("DELETE", "/dead-letters/" + client::percent_encode(*id));
  if (!answer) return failed(answer.error());
  if (!options.connection.json) print_line("discarded " + named);
  return kExitOk;
}

// What the job has come to.
std::string ended_text(const Json& job) {
  const auto count = [&](const char* name) { return job.value(name, std::uint64_t{0}); };
  if (job.value("kind", std::string()) == "discard_dead_letters") return "discarded " + std::to_string(count("done"));
  std::string text = "replayed " + std::to_string(count("done"));
  if (count("repeated") > 0)
    text += "; " + std::to_string(count("repeated")) + " were replayed before (--again sends them again)";
  if (count("refused") > 0) text += "; " + std::to_string(count("refused")) + " still break the schema of their type";
  if (count("skipped") > 0)
    text += "; " + std::to_string(count("skipped")) + " are for no endpoint, or have lost their payload";
  return text;
}

// A job of the service's, which goes on without the command, too.
int do_to_many(client::ApiClient& api, const DeadLetterOptions& options) {
  const std::pair<const char*, const std::string*> members[] = {
      {"endpoint", &options.endpoint}, {"type", &options.type}, {"rule", &options.rule},
      {"event", &options.event},       {"from", &options.from}, {"to", &options.to},
      {"priority", &options.priority}};
  Json body = Json::object();
  for (const auto& [name, value] : members)
    if (!value->empty()) body[name] = *value;
  if (options.all) body["all"] = true;
  if (options.again) body["again"] = true;
  if (options.rate > 0) body["rate_per_second"] = options.rate;
  const std::string path = "/dead-letters/" + options.action;
  if (options.dry_run || options.no_wait)
    return start_job(api, options.connection, path, body.dump(),
                     {options.dry_run, false, options.action == "discard" ? "discarded" : "sent again"});
  const auto made = api.request("POST", path, body.dump());
  if (!made) return failed(made.error());
  const auto ended = ended_job(api, options.connection, json_or_null<Json>(made->body).value("id", std::string()));
  if (!ended) return failed(ended.error());
  const Json job = json_or_null<Json>(*ended);
  print_line(options.connection.json ? indented_json(*ended) : ended_text(job));
  return job.value("state", std::string()) == "done" ? kExitOk : kExitFailure;
}

}  // namespace

int run_command(const DeadLetterOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  if (options.action == "list") return list(*api, options);
  if (options.action == "show") return show(*api, options);
  if (options.ids.empty()) return do_to_many(*api, options);
  const auto do_to_one = options.action == "discard" ? discard_one : replay_one;
  for (const std::string& id : options.ids)
    if (const int status = do_to_one(*api, options, id); status != kExitOk) return status;
  return kExitOk;
}

}  // namespace certes::command
