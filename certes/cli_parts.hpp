#pragma once
// The parts of the command line, each in a file of its own. Confined to cli*.cpp. Each adds its commands to the parser
// and sets `chosen` when one of them was given. `environment` outlives the parser.

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "certes/options.hpp"

namespace certes::command {

struct CliContext {
  CLI::App& app;
  const std::map<std::string, std::string>& environment;
  std::optional<Command>& chosen;
};

void add_role_commands(CliContext context);      // serve, gateway, dispatcher, api, topics, restore, config check
void add_client_commands(CliContext context);    // send, listen, apply, doctor, version
void add_resource_commands(CliContext context);  // sources …, dead-letters …
void add_audit_command(CliContext context);      // audit
void add_config_commands(CliContext context);    // config list, set, reset; after the roles
void add_tail_commands(CliContext context);      // events tail, logs tail
void add_top_command(CliContext context);        // top
void add_event_commands(CliContext context);     // events list, show, attempts, explain, replay; after the former
void add_backup_commands(CliContext context);    // backup, backups …
void add_job_commands(CliContext context);       // replays …, jobs …
void add_erase_command(CliContext context);      // erase
// status and rejected … of `certes relay`.
void add_relay_control(CLI::App& relay, CliContext context);

// --url, --gateway-url, --key, --key-file, --json; the environment gives the defaults.
void add_connection(CLI::App& command, Connection& connection, const std::map<std::string, std::string>& environment);
// `parent action`: a command whose options are one struct that names its action and has a connection in it.
template <class Options>
std::pair<CLI::App*, std::shared_ptr<Options>> add_action(CliContext context, CLI::App& parent, const char* action,
                                                          const char* what) {
  CLI::App* command = parent.add_subcommand(action, what);
  auto options = std::make_shared<Options>();
  options->action = action;
  add_connection(*command, options->connection, context.environment);
  command->callback([options, &chosen = context.chosen] { chosen = *options; });
  return {command, options};
}

// Which events, and where what is sent again goes: --type … --to; --target, --priority.
void add_event_filter(CLI::App& command, EventFilter& filter);
void add_replay_target(CLI::App& command, std::string& target, std::string& priority);
// --tenant, for commands on resources; CERTES_TENANT gives the default.
void add_tenant(CLI::App& command, Connection& connection, const std::map<std::string, std::string>& environment);

}  // namespace certes::command
