#include "certes/cli.hpp"

#include <algorithm>
#include <sstream>

#include "certes/cli_parts.hpp"

namespace certes::command {
namespace {

// certes-gateway → gateway
std::string role_of(const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  if (name == "certes-gateway") return "gateway";
  if (name == "certes-dispatcher") return "dispatcher";
  return "";
}

Parsed stopped(const CLI::App& app, const CLI::ParseError& error) {
  std::ostringstream out;
  if (dynamic_cast<const CLI::CallForHelp*>(&error) || dynamic_cast<const CLI::CallForAllHelp*>(&error)) {
    out << app.help();
    return {std::nullopt, kExitOk, out.str()};
  }
  std::string name = app.get_name();
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  // A word that is no command is an argument too many to the library, and it misses the command first.
  const auto extra = at->remaining();
  if (dynamic_cast<const CLI::RequiredError*>(&error) && at->get_require_subcommand_min() > 0 && !extra.empty())
    out << name << ": there is no command \"" << extra.front() << "\"\nSee: " << name << " --help\n";
  else
    out << name << ": " << error.what() << "\nSee: " << name << " --help\n";
  return {std::nullopt, kExitUsage, out.str()};
}

}  // namespace

void add_connection(CLI::App& command, Connection& connection, const std::map<std::string, std::string>& environment) {
  const auto from_environment = [&](const char* name, std::string& to) {
    if (const auto found = environment.find(name); found != environment.end() && !found->second.empty())
      to = found->second;
  };
  from_environment("CERTES_URL", connection.url);
  from_environment("CERTES_GATEWAY_URL", connection.gateway_url);
  from_environment("CERTES_KEY", connection.key);
  from_environment("CERTES_KEY_FILE", connection.key_file);
  from_environment("CERTES_CA_FILE", connection.ca_file);
  command.add_option("--url", connection.url, "Master API (CERTES_URL)")->capture_default_str();
  command.add_option("--gateway-url", connection.gateway_url, "gateway (CERTES_GATEWAY_URL)")->capture_default_str();
  command.add_option("--key", connection.key, "API key (CERTES_KEY)");
  command.add_option("--key-file", connection.key_file, "file that holds the API key (CERTES_KEY_FILE)");
  command.add_option("--ca-file", connection.ca_file, "authorities for https (CERTES_CA_FILE); else the system's");
  command.add_flag("--json", connection.json, "print JSON");
}

void add_tenant(CLI::App& command, Connection& connection, const std::map<std::string, std::string>& environment) {
  if (const auto found = environment.find("CERTES_TENANT"); found != environment.end())
    connection.tenant = found->second;
  command.add_option("--tenant", connection.tenant, "whose it is; else the key's tenant (CERTES_TENANT)");
}

Parsed parse(const std::string& program, std::vector<std::string> words,
             const std::map<std::string, std::string>& environment) {
  if (const std::string role = role_of(program); !role.empty()) words.insert(words.begin(), role);
  CLI::App app("Certes: a webhook gateway with priorities, on Kafka or an embedded log", "certes");
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "print the help of all commands");
  bool version = false;
  app.add_flag("--version", version, "print the version");
  std::optional<Command> chosen;
  const CliContext context{app, environment, chosen};
  add_role_commands(context);
  add_client_commands(context);
  add_resource_commands(context);
  add_audit_command(context);
  add_tail_commands(context);
  if (words.size() == 1 && words[0] == "--version") return {VersionOptions{}, kExitOk, ""};
  try {
    std::reverse(words.begin(), words.end());  // as the library wants them
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return stopped(app, error);
  }
  return {std::move(chosen), kExitOk, ""};
}

}  // namespace certes::command
