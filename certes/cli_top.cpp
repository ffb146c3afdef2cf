// certes top
#include "certes/cli_parts.hpp"

namespace certes::command {

void add_top_command(CliContext context) {
  CLI::App* command = context.app.add_subcommand(
      "top", "what comes, goes and waits, as it is now; q ends, p pauses, s and 1 to 8 sort, ? shows the keys");
  const auto options = std::make_shared<TopOptions>();
  add_connection(*command, options->connection, context.environment);
  add_tenant(*command, options->connection, context.environment);
  command->add_flag("--all-tenants", options->all_tenants, "of all tenants together, not of one");
  command->add_option("--interval", options->interval_seconds, "seconds between two looks")
      ->check(CLI::Range(0.1, 3'600.0))
      ->capture_default_str();
  command->add_flag("--once", options->once, "print one frame, of two looks, and end");
  command->add_option("--columns", options->columns, "of what is printed to no terminal")
      ->check(CLI::Range(40, 1'000))
      ->capture_default_str();
  command->callback([options, &chosen = context.chosen] { chosen = *options; });
}

}  // namespace certes::command
