#include "certes/cli.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>

#include "certes/cli_help.hpp"
#include "certes/cli_parts.hpp"
#include "certes/cli_tree.hpp"
#include "certes/commands/console.hpp"
#include "common/config/table.hpp"

namespace certes::command {
namespace {

// certes-gateway → gateway
std::string role_of(const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  if (name == "certes-gateway") return "gateway";
  if (name == "certes-dispatcher") return "dispatcher";
  return "";
}

Parsed wrong(const std::string& name, const std::string& what) {
  return {std::nullopt, kExitUsage, name + ": " + what + "\nSee: " + name + " --help\n"};
}

Parsed stopped(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::CallForHelp*>(&error) || dynamic_cast<const CLI::CallForAllHelp*>(&error)) {
    return {std::nullopt, kExitOk, fitted_help(app.help(), output_columns())};
  }
  std::string name = app.get_name();
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    name += " " + at->get_name();
  }
  const auto extra = at->remaining();
  if (dynamic_cast<const CLI::ExtrasError*>(&error) && !extra.empty() && extra.front().starts_with("-")) {
    std::vector<std::string> known;
    for (const TreeOption& option : options_of(*at))
      for (const std::string& one : option.names) known.push_back(one);
    return wrong(name, "there is no option " + extra.front() + config::did_you_mean(extra.front(), known));
  }
  return wrong(name, error.what());
}

// A word that is no command, and what stands behind it: --help, too, is of none then. (To the library it is an argument
// too many, and it misses the command first.)
std::optional<Parsed> unknown_command(const CLI::App& root, const std::vector<std::string>& words) {
  const CLI::App* at = &root;
  std::string name = root.get_name();
  for (const std::string& word : words) {
    if (at->get_require_subcommand_min() == 0) return std::nullopt;
    if (word.starts_with("-")) continue;
    const auto children = children_of(*at);
    const auto known = std::ranges::find(children, word, &CLI::App::get_name);
    if (known == children.end())
      return wrong(name, "there is no command \"" + word + "\"" + config::did_you_mean(word, children_names_of(*at)));
    at = *known;
    name += " " + word;
  }
  return std::nullopt;
}

// When the text was made: SOURCE_DATE_EPOCH where a build says so, that it may be made again.
std::string today() {
  std::time_t at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  if (const char* const given = std::getenv("SOURCE_DATE_EPOCH"); given != nullptr)
    at = static_cast<std::time_t>(std::strtoll(given, nullptr, 10));
  std::tm parts{};
  ::gmtime_r(&at, &parts);
  constexpr const char* kMonths[] = {"January", "February", "March",     "April",   "May",      "June",
                                     "July",    "August",   "September", "October", "November", "December"};
  return std::string(kMonths[parts.tm_mon]) + " " + std::to_string(parts.tm_mday) + ", " +
         std::to_string(parts.tm_year + 1900);
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
  add_top_command(context);
  add_event_commands(context);
  add_config_commands(context);
  add_job_commands(context);
  add_erase_command(context);
  add_backup_commands(context);
  app.add_subcommand("help", "the help of a command")->add_option("command", "which; none: of all that there are");
  std::string shell;
  CLI::App* const completion = app.add_subcommand("completion", "what a shell completes, as a script that it reads");
  completion->add_option("shell", shell)->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  CLI::App* const manual = app.add_subcommand("manual", "certes(1), the manual page, for mdoc(7)");
  bool markdown = false;
  manual->add_flag("--markdown", markdown, "its commands as Markdown instead");
  if (!words.empty() && words[0] == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  if (auto unknown = unknown_command(app, words)) return std::move(*unknown);
  if (words.size() == 1 && words[0] == "--version") return {VersionOptions{}, kExitOk, ""};
  try {
    std::reverse(words.begin(), words.end());  // as the library wants them
    app.parse(words);
  } catch (const CLI::ParseError& error) {
    return stopped(app, error);
  }
  if (completion->parsed()) return {std::nullopt, kExitOk, completion_of(app, shell)};
  if (manual->parsed()) return {std::nullopt, kExitOk, markdown ? markdown_of(app) : manual_of(app, today())};
  return {std::move(chosen), kExitOk, ""};
}

}  // namespace certes::command
