// certes send: one event, as JSON, to the gateway.
#include <nlohmann/json.hpp>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

// DATA that is no JSON document is taken as a string: `certes send greeting hello` does what it looks like.
Json data_of(const std::string& text) {
  Json data = Json::parse(text, nullptr, false);
  return data.is_discarded() ? Json(text) : data;
}

Result<std::string> event_of(const SendOptions& options) {
  Json event = Json::object();
  event["type"] = options.type;
  if (!options.data.empty()) {
    const auto text = argument_text(options.data);
    if (!text) return fail(text.error());
    event["data"] = data_of(*text);
  } else {
    event["data"] = nullptr;
  }
  const std::pair<const char*, const std::string*> members[] = {{"id", &options.id},
                                                                {"source", &options.source},
                                                                {"subject", &options.subject},
                                                                {"partition_key", &options.partition_key}};
  for (const auto& [name, value] : members)
    if (!value->empty()) event[name] = *value;
  return event.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

int run_command(const SendOptions& options) {
  const auto event = event_of(options);
  if (!event) return failed(event.error());
  const auto key = key_of(options.connection);
  if (!key) return failed(key.error());
  client::HttpRequest request;
  request.method = "POST";
  request.url = options.connection.gateway_url;
  while (request.url.ends_with('/')) request.url.pop_back();
  request.url += "/events";
  request.headers.push_back("Content-Type: application/json");
  request.body = *event;
  client::add_key(request, *key);
  const auto answer = client::HttpClient().send(request);
  if (!answer) return failed(answer.error());
  if (answer->status < 200 || answer->status > 299) return failed(client::error_of(*answer));
  const Json accepted = Json::parse(answer->body, nullptr, false);
  if (options.connection.json || !accepted.is_object()) {
    print_line(answer->body);
    return kExitOk;
  }
  const bool duplicate = accepted.value("duplicate", false);
  print_line(accepted.value("id", std::string()) + (duplicate ? " (duplicate: accepted before)" : " accepted"));
  return kExitOk;
}

}  // namespace certes::command
