// certes try

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using TryJson = nlohmann::ordered_json;

// What begins with a brace is an object of operators.
Result<TryJson> filter_of(const TryOptions& options) {
  const auto text = argument_text(options.filter);
  if (!text) return fail(text.error());
  if (!text->starts_with('{')) return TryJson(*text);
  auto json = parse_json<TryJson>(*text);
  if (!json) return fail(std::move(json.error()).prefixed("FILTER: "));
  return std::move(*json);
}

Result<TryJson> request_of(const TryOptions& options) {
  auto filter = filter_of(options);
  if (!filter) return fail(filter.error());
  TryJson body = {{"filter", std::move(*filter)}};
  if (!options.event_id.empty()) body["event_id"] = options.event_id;
  if (options.data.empty()) return body;
  const auto text = argument_text(options.data);
  if (!text) return fail(text.error());
  auto data = parse_json<TryJson>(*text);
  if (!data) return fail(std::move(data.error()).prefixed("DATA: "));
  body["event"] = {{"type", options.type}, {"data", std::move(*data)}};
  return body;
}

int tell(const std::string& answer, bool json) {
  const auto tried = json_or_null<TryJson>(answer);
  if (!tried.is_object() || !tried.contains("filter")) return failed({Code::internal, "the answer is no JSON object"});
  const TryJson& said = tried["filter"];
  const std::string says = said.value("says", "");
  const bool fails = says == "failed";
  if (json)
    print_line(indented_json(answer));
  else
    print_line(fails ? "failed: " + said.value("failure", "")
                     : says + ", in " + std::to_string(said.value("cost", 0)) + " steps");
  return fails ? kExitFailure : kExitOk;
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
