// certes relay status|rejected list|retry|drop

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "client/http_client.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

class RelayControl {
 public:
  explicit RelayControl(std::string url) : url_(std::move(url)) {
    while (url_.ends_with('/')) url_.pop_back();
  }
  Result<Json> ask(const char* method, const std::string& path) {
    client::HttpRequest request;
    request.method = method;
    request.url = url_ + path;
    const auto answer = http_.send(request);
    if (!answer) return fail(answer.error());
    if (answer->status < 200 || answer->status > 299) return fail(client::error_of(*answer));
    Json json = json_or_null<Json>(answer->body);
    if (!json.is_object()) return fail(Code::internal, request.url + ": the answer is no JSON object");
    return json;
  }
  // Of every page.
  Result<Json> rejected() {
    Json items = Json::array();
    for (std::string after = "0";;) {
      auto page = ask("GET", "/rejected?limit=1000&after=" + client::percent_encode(after));
      if (!page) return page;
      for (Json& item : (*page)["items"]) items.push_back(std::move(item));
      const Json next = page->value("next", Json());
      if (!next.is_string()) return items;
      after = next.get<std::string>();
    }
  }

 private:
  std::string url_;
  client::HttpClient http_;
};

std::string text_of(const Json& item, const char* name) {
  const auto found = item.find(name);
  if (found == item.end() || found->is_null()) return "-";
  const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  return text.empty() ? "-" : text;
}

// The problem's own words where it has some.
std::string problem_of(const Json& item) {
  const Json problem = item.value("problem", Json());
  if (!problem.is_object()) return text_of(item, "problem");
  return problem.value("detail", problem.value("title", problem.dump()));
}

int status(RelayControl& relay, bool json) {
  const auto shown = relay.ask("GET", "/status");
  if (!shown) return failed(shown.error());
  if (json) {
    print_line(shown->dump(2));
    return kExitOk;
  }
  std::vector<Member> members;
  for (const auto& [name, value] : shown->items()) members.emplace_back(name, text_of(*shown, name.c_str()));
  print(member_lines(members));
  return kExitOk;
}

int list(RelayControl& relay, bool json) {
  const auto items = relay.rejected();
  if (!items) return failed(items.error());
  if (json) {
    print_line(items->dump(2));
    return kExitOk;
  }
  std::vector<Row> rows;
  for (const Json& item : *items)
    rows.push_back({text_of(item, "number"), text_of(item, "id"), text_of(item, "type"), text_of(item, "rule"),
                    text_of(item, "status"), problem_of(item)});
  print(table({"NUMBER", "ID", "TYPE", "RULE", "STATUS", "PROBLEM"}, rows));
  return kExitOk;
}

int act(RelayControl& relay, const RelayControlOptions& options) {
  std::vector<std::int64_t> numbers = options.numbers;
  if (options.all) {
    const auto items = relay.rejected();
    if (!items) return failed(items.error());
    for (const Json& item : *items) numbers.push_back(item.value("number", std::int64_t{0}));
  }
  const bool retry = options.action == "retry";
  for (const std::int64_t number : numbers) {
    const std::string path = "/rejected/" + std::to_string(number);
    const auto done = retry ? relay.ask("POST", path + "/retry") : relay.ask("DELETE", path);
    if (!done) return failed(done.error());
    print_line(options.json
                   ? done->dump()
                   : (retry ? "sent number " : "dropped number ") + std::to_string(number) + (retry ? " again" : ""));
  }
  return kExitOk;
}

}  // namespace

int run_command(const RelayControlOptions& options) {
  RelayControl relay(options.url);
  if (options.action == "status") return status(relay, options.json);
  if (options.action == "list") return list(relay, options.json);
  return act(relay, options);
}

}  // namespace certes::command
