// certes erase

#include <unistd.h>

#include <iostream>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/jobs.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kErasePath = "/erase";

std::string erase_body(const EraseOptions& options) {
  if (!options.event.empty()) return Json{{"event", options.event}}.dump();
  return Json{{"source", options.source}, {"subject", options.subject}}.dump();
}

// It cannot be taken back: whoever is there is told how much it is, and a program says that it knows.
Result<void> ask_first(client::ApiClient& api, const std::string& body) {
  if (::isatty(STDIN_FILENO) == 0) return fail(Code::invalid, "nobody is there to be asked: say --yes", "--yes");
  const auto answer = api.request("POST", "/erase?dry_run=true", body);
  if (!answer) return fail(answer.error());
  const Json json = json_or_null<Json>(answer->body);
  const std::string count = json.is_object() ? std::to_string(json.value("count", std::uint64_t{0})) : "?";
  std::cerr << count << " events and dead letters are indexed. Erase them, for good? [y/N] " << std::flush;
  std::string said;
  if (std::getline(std::cin, said) && (said == "y" || said == "yes")) return {};
  return fail(Code::invalid, "nothing was erased");
}

}  // namespace

int run_command(const EraseOptions& options) {
  if (options.event.empty() && options.subject.empty())
    return failed({Code::invalid, "say what: --event ID, or --source SOURCE --subject SUBJECT"});
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  const std::string body = erase_body(options);
  if (!options.dry_run && !options.yes)
    if (const auto may = ask_first(*api, body); !may) return failed(may.error());
  return start_job(*api, options.connection, kErasePath, body, {options.dry_run, options.wait, "erased"});
}

}  // namespace certes::command
