// certes events list|show|attempts|explain|replay

#include <limits>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/event_text.hpp"
#include "certes/commands/explain_text.hpp"
#include "certes/commands/jobs.hpp"
#include "common/base/clock.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

constexpr std::size_t kMostAttempts = 10'000;

std::string path_of(const EventFilter& filter) {
  std::string path = "/events";
  const auto json = filter_json(filter);
  for (const auto& [name, value] : json.items())
    path += (path.find('?') == std::string::npos ? "?" : "&") + name + "=" +
            client::percent_encode(value.get<std::string>());
  return path;
}

int list_events(client::ApiClient& api, const EventOptions& options) {
  const auto items = api.list(path_of(options.filter), options.limit);
  if (!items) return failed(items.error());
  if (options.connection.json)
    print_line(indented_json(*items));
  else
    print(event_table(*items, SystemClock().unix_millis()));
  return kExitOk;
}

int show_event(client::ApiClient& api, const EventOptions& options) {
  const std::string path = "/events/" + client::percent_encode(options.id);
  auto event = api.get(path);
  if (!event) return failed(event.error());
  const auto attempts = api.list(path + "/attempts", kMostAttempts);
  if (!attempts) return failed(attempts.error());
  if (options.connection.json) {
    add_raw_member(*event, "attempts", *attempts);
    print_line(indented_json(*event));
    return kExitOk;
  }
  const std::string text = event_text(*event, *attempts, SystemClock().unix_millis());
  if (text.empty()) return failed({Code::internal, "the answer is no JSON object"});
  print(text);
  return kExitOk;
}

int list_attempts(client::ApiClient& api, const EventOptions& options) {
  const auto items = api.list("/events/" + client::percent_encode(options.id) + "/attempts", options.limit);
  if (!items) return failed(items.error());
  if (options.connection.json)
    print_line(indented_json(*items));
  else
    print(attempt_table(*items, std::numeric_limits<std::size_t>::max(), SystemClock().unix_millis()));
  return kExitOk;
}

int explain_event(client::ApiClient& api, const EventOptions& options) {
  const auto explained = api.get("/events/" + client::percent_encode(options.id) +
                                 "/explain?endpoint=" + client::percent_encode(options.endpoint));
  if (!explained) return failed(explained.error());
  if (options.connection.json) {
    print_line(indented_json(*explained));
    return kExitOk;
  }
  const std::string text = explain_text(*explained, SystemClock().unix_millis());
  if (text.empty()) return failed({Code::internal, "the answer is no JSON object"});
  print(text);
  return kExitOk;
}

int replay_event(client::ApiClient& api, const EventOptions& options) {
  nlohmann::ordered_json body = nlohmann::ordered_json::object();
  if (!options.target.empty()) body["endpoint"] = options.target;
  if (!options.priority.empty()) body["priority"] = options.priority;
  if (options.again) body["again"] = true;
  const auto answer = api.request("POST", "/events/" + client::percent_encode(options.id) + "/replay", body.dump());
  if (!answer) return failed(answer.error());
  const bool repeated = answer->body.find("\"duplicate\":true") != std::string::npos;
  const std::string done = repeated ? "was replayed so before (--again sends it again): " : "replayed ";
  print_line(options.connection.json ? answer->body : done + options.id);
  return kExitOk;
}

}  // namespace

int run_command(const EventOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  if (options.action == "show") return show_event(*api, options);
  if (options.action == "explain") return explain_event(*api, options);
  if (options.action == "replay") return replay_event(*api, options);
  return options.action == "attempts" ? list_attempts(*api, options) : list_events(*api, options);
}

}  // namespace certes::command
