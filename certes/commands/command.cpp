// certes command: gives a command to the service that is bound to it, and waits for its result if asked.
#include <chrono>
#include <thread>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/data_argument.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::chrono::milliseconds kAskEvery{200};

Result<std::string> command_of(const CommandOptions& options) {
  Json command = Json::object();
  std::string data = "null";
  if (!options.data.empty()) {
    const auto text = argument_text(options.data);
    if (!text) return fail(text.error());
    auto json = json_of_data(*text, options.text);
    if (!json) return fail(std::move(json.error()));
    data = std::move(*json);
  }
  const std::pair<const char*, const std::string*> members[] = {{"id", &options.id},
                                                                {"reply_to", &options.reply_to},
                                                                {"conversation_id", &options.conversation_id},
                                                                {"cause_id", &options.cause_id}};
  for (const auto& [name, value] : members)
    if (!value->empty()) command[name] = *value;
  std::string body = command.dump(-1, ' ', false, Json::error_handler_t::replace);
  add_raw_member(body, "data", data);
  return body;
}

// What the gateway answered: to be looked at, and as it came.
struct Answered {
  Json json;
  std::string text;
};

// The gateway, as one caller sees it.
struct Gateway {
  std::string url, key, ca_file;
  client::HttpClient http = {};

  Result<Answered> ask(const std::string& method, const std::string& path, const std::string& body = {}) {
    client::HttpRequest request;
    request.method = method;
    request.url = url + path;
    if (!body.empty()) request.headers.push_back("Content-Type: application/json");
    request.body = body;
    request.ca_file = ca_file;
    client::add_key(request, key);
    auto answer = http.send(request);
    if (!answer) return fail(answer.error());
    if (answer->status < 200 || answer->status > 299) return fail(client::error_of(*answer));
    Json json = json_or_null<Json>(answer->body);
    if (!json.is_object()) return fail(Code::internal, "the gateway's answer is no JSON object");
    return Answered{std::move(json), std::move(answer->body)};
  }

  // Until there is a result. A log that cannot be read now may be later.
  Result<Answered> wait(const std::string& id, double seconds) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    for (;;) {
      auto state = ask("GET", "/commands/" + client::percent_encode(id));
      if (!state && state.error().code != Code::unavailable) return state;
      if (state && state->json.contains("result")) return state;
      if (std::chrono::steady_clock::now() >= until)
        return fail(Code::timeout, "no result of " + id + " yet; it goes on: GET /commands/" + id);
      std::this_thread::sleep_for(kAskEvery);
    }
  }
};

// The result's data: JSON as JSON, text as it is.
int print_result(const CommandOptions& options, const Answered& state) {
  const bool succeeded = state.json.value("status", std::string()) == "succeeded";
  const Json& result = state.json.at("result");
  if (options.connection.json)
    print_line(compact_json(state.text));
  else if (result.contains("data"))
    print_line(compact_json(raw_member(raw_member(state.text, "result"), "data")));
  else
    print_line(result.value("text", result.value("data_base64", std::string())));
  return succeeded ? kExitOk : kExitFailure;
}

}  // namespace

int run_command(const CommandOptions& options) {
  const auto command = command_of(options);
  if (!command) return failed(command.error());
  const auto key = key_of(options.connection);
  if (!key) return failed(key.error());
  Gateway gateway{options.connection.gateway_url, *key, options.connection.ca_file};
  while (gateway.url.ends_with('/')) gateway.url.pop_back();
  const auto accepted = gateway.ask("POST", "/commands/" + client::percent_encode(options.name), *command);
  if (!accepted) return failed(accepted.error());
  const std::string id = accepted->json.value("id", std::string());
  if (options.wait) {
    const auto state = gateway.wait(id, options.wait_seconds);
    return state ? print_result(options, *state) : failed(state.error());
  }
  const bool duplicate = accepted->json.value("duplicate", false);
  print_line(options.connection.json ? accepted->text
                                     : id + (duplicate ? " (duplicate: accepted before)" : " accepted"));
  return kExitOk;
}

}  // namespace certes::command
