// certes replays list|show|create|pause|resume|cancel, certes jobs list|show|pause|resume|cancel

#include "certes/commands/jobs.hpp"
#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/job_text.hpp"
#include "certes/commands/work_progress.hpp"
#include "common/base/clock.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

std::string path_of(const JobOptions& options) { return "/" + options.kind + "/" + client::percent_encode(options.id); }

int print_job(const Connection& connection, const std::string& job) {
  const std::string text = connection.json ? indented_json(job) + "\n" : job_text(job, SystemClock().unix_millis());
  if (text.empty()) return failed({Code::internal, "the answer is no JSON object"});
  print(text);
  return kExitOk;
}

int list_jobs(client::ApiClient& api, const JobOptions& options) {
  const std::string query = options.state.empty() ? "" : "?state=" + options.state;
  const auto items = api.list("/" + options.kind + query, options.limit);
  if (!items) return failed(items.error());
  if (options.connection.json)
    print_line(indented_json(*items));
  else
    print(job_table(*items, SystemClock().unix_millis()));
  return kExitOk;
}

int create_job(client::ApiClient& api, const JobOptions& options) {
  Json body = Json::object();
  const Json filter = filter_json(options.filter);
  if (!filter.empty()) body["filter"] = filter;
  if (options.all) body["all"] = true;
  if (!options.target.empty()) body["endpoint"] = options.target;
  if (!options.priority.empty()) body["priority"] = options.priority;
  if (options.rate > 0) body["rate_per_second"] = options.rate;
  return start_job(api, options.connection, "/replays", body.dump(), {options.dry_run, options.wait});
}

}  // namespace

Json filter_json(const EventFilter& filter) {
  const std::pair<const char*, const std::string*> members[] = {
      {"type", &filter.type},   {"source", &filter.source},     {"source_id", &filter.source_id},
      {"state", &filter.state}, {"endpoint", &filter.endpoint}, {"conversation", &filter.conversation},
      {"text", &filter.text},   {"from", &filter.from},         {"to", &filter.to}};
  Json json = Json::object();
  for (const auto& [name, value] : members)
    if (!value->empty()) json[name] = *value;
  return json;
}

int start_job(client::ApiClient& api, const Connection& connection, const std::string& path, const std::string& body,
              JobWish wish) {
  auto answer = api.request("POST", path + (wish.dry_run ? "?dry_run=true" : ""), body);
  if (!answer) return failed(answer.error());
  const Json json = json_or_null<Json>(answer->body);
  if (wish.dry_run) {
    const bool whole = json.value("complete", true);
    const std::string count = (whole ? "" : "at least ") + std::to_string(json.value("count", std::uint64_t{0}));
    print_line(connection.json ? indented_json(answer->body) : count + " would be " + wish.deed);
    return kExitOk;
  }
  if (!wish.wait) return print_job(connection, answer->body);
  return wait_for_job(api, connection, json.value("id", std::string()));
}

Result<std::string> ended_job(client::ApiClient& api, const Connection& connection, const std::string& id) {
  return wait_for_work(api, connection, {"/jobs/" + client::percent_encode(id), job_progress});
}

int wait_for_job(client::ApiClient& api, const Connection& connection, const std::string& id) {
  const auto job = ended_job(api, connection, id);
  if (!job) return failed(job.error());
  const int printed = print_job(connection, *job);
  return json_or_null<Json>(*job).value("state", std::string()) == "done" ? printed : kExitFailure;
}

int run_command(const JobOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  if (options.action == "list") return list_jobs(*api, options);
  if (options.action == "create") return create_job(*api, options);
  const bool shows = options.action == "show";
  const auto answer = api->request(shows ? "GET" : "POST", path_of(options) + (shows ? "" : "/" + options.action), "");
  if (!answer) return failed(answer.error());
  return print_job(options.connection, answer->body);
}

}  // namespace certes::command
