// certes config list, set, reset
#include "certes/cli_parts.hpp"

namespace certes::command {

void add_config_commands(CliContext context) {
  CLI::App& config = *context.app.get_subcommand("config");
  const auto [list, listed] =
      add_action<ConfigOptions>(context, config, "list", "the settings of a process that runs, and where each is from");
  list->add_flag("--changed", listed->changed, "those alone that are not as they are by default");
  const auto [set, given] = add_action<ConfigOptions>(
      context, config, "set", "changes settings of a process while it runs: gateway.maintenance=true");
  set->add_option("values", given->values, "what may change so: certes config list says it")
      ->required()
      ->type_name("NAME=VALUE");
  const auto [reset, taken] = add_action<ConfigOptions>(context, config, "reset", "takes back what was set so");
  reset->add_option("names", taken->values, "of settings")->required()->type_name("NAME");
}

}  // namespace certes::command
