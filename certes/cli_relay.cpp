// The commands that look at a running relay.
#include "certes/cli_parts.hpp"

namespace certes::command {
namespace {

void add_action(CLI::App* parent, CliContext context, const char* name, const char* action, const char* what) {
  CLI::App* command = parent->add_subcommand(name, what);
  auto options = std::make_shared<RelayControlOptions>();
  options->action = action;
  if (const auto found = context.environment.find("CERTES_RELAY_URL");
      found != context.environment.end() && !found->second.empty())
    options->url = found->second;
  command->add_option("--relay-url", options->url, "the relay (CERTES_RELAY_URL)")->capture_default_str();
  command->add_flag("--json", options->json, "print JSON");
  if (std::string_view(action) == "retry" || std::string_view(action) == "drop") {
    auto* numbers = command->add_option("number", options->numbers)->type_name("NUMBER…");
    auto* all = command->add_flag("--all", options->all, "all there are")->excludes(numbers);
    command->callback([options, numbers, all, &chosen = context.chosen] {
      if (numbers->count() + all->count() == 0) throw CLI::RequiredError("NUMBER or --all");
      chosen = *options;
    });
  } else {
    command->callback([options, &chosen = context.chosen] { chosen = *options; });
  }
}

}  // namespace

void add_relay_control(CLI::App& relay, CliContext context) {
  add_action(&relay, context, "status", "status", "what waits, what was given up, and why");
  CLI::App* rejected = relay.add_subcommand("rejected", "events that were given up")->require_subcommand(1);
  add_action(rejected, context, "list", "list", "the newest last");
  add_action(rejected, context, "retry", "retry", "sends them again");
  add_action(rejected, context, "drop", "drop", "forgets them");
}

}  // namespace certes::command
