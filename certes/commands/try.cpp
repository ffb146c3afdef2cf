// certes try

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using TryJson = nlohmann::ordered_json;

Result<TryJson> json_of(const std::string& text, const char* argument) {
  auto json = parse_json<TryJson>(text);
  if (!json) return fail(std::move(json.error()).prefixed(std::string(argument) + ": "));
  return std::move(*json);
}

// What begins with a brace is an object of operators.
Result<TryJson> filter_of(const TryOptions& options) {
  const auto text = argument_text(options.filter);
  if (!text) return fail(text.error());
  return text->starts_with('{') ? json_of(*text, "FILTER") : TryJson(*text);
}

Result<TryJson> member_of(const std::string& argument, const char* name) {
  const auto text = argument_text(argument);
  if (!text) return fail(text.error());
  return json_of(*text, name);
}

Result<TryJson> request_of(const TryOptions& options) {
  auto filter = filter_of(options);
  if (!filter) return filter;
  TryJson body = {{"filter", std::move(*filter)}};
  if (!options.transform.empty()) {
    auto transform = member_of(options.transform, "--transform");
    if (!transform) return transform;
    body["transform"] = std::move(*transform);
  }
  if (!options.event_id.empty()) body["event_id"] = options.event_id;
  if (options.data.empty()) return body;
  auto data = member_of(options.data, "DATA");
  if (!data) return data;
  body["event"] = {{"type", options.type}, {"data", std::move(*data)}};
  return body;
}

bool fails(const TryJson& said, const char* by) { return said.value(by, "") == "failed"; }

void tell_filter(const TryJson& said) {
  print_line(fails(said, "says") ? "failed: " + said.value("failure", "")
                                 : said.value("says", "") + ", in " + std::to_string(said.value("cost", 0)) + " steps");
}

void tell_transform(const TryJson& made, const std::string& answer) {
  if (fails(made, "outcome")) return print_line("transform: failed: " + made.value("failure", ""));
  print_line("transform: " + made.value("outcome", ""));
  for (const auto& [name, value] : made["headers"].items())
    print_line(value.is_null() ? "without header " + name : name + ": " + value.get<std::string>());
  if (made.contains("content_type")) print_line("content-type: " + made.value("content_type", ""));
  print_line(made.contains("text") ? made.value("text", "")
                                   : std::string(raw_member(raw_member(answer, "transform"),
                                                            made.contains("data") ? "data" : "data_base64")));
}

int tell(const std::string& answer, bool json) {
  const auto tried = json_or_null<TryJson>(answer);
  if (!tried.is_object() || !tried.contains("filter")) return failed({Code::internal, "the answer is no JSON object"});
  const bool transforms = tried.contains("transform");
  if (json) {
    print_line(indented_json(answer));
  } else {
    tell_filter(tried["filter"]);
    if (transforms) tell_transform(tried["transform"], answer);
  }
  const bool failed = fails(tried["filter"], "says") || (transforms && fails(tried["transform"], "outcome"));
  return failed ? kExitFailure : kExitOk;
}

}  // namespace

int run_command(const TryOptions& options) {
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  const auto body = request_of(options);
  if (!body) return failed(body.error());
  const auto answer = api->request("POST", "/try", body->dump(-1, ' ', false, TryJson::error_handler_t::replace));
  if (!answer) return failed(answer.error());
  return tell(answer->body, options.connection.json);
}

}  // namespace certes::command
