// The commands that run roles, and those that read the same settings.
#include "certes/cli_parts.hpp"

namespace certes::command {
namespace {

// Options as given; they become flags of config::Sources in this order.
struct SettingOptions {
  std::string config, data, store, log_format, brokers;
  std::vector<std::string> allow_from, set;
  bool dev = false;
};

void add_settings(CLI::App& command, SettingOptions& options) {
  command.add_option("--config", options.config, "TOML file with settings (CERTES_CONFIG)");
  command.add_option("--data", options.data, "directory of the embedded log");
  command.add_option("--store,--log", options.store, "sqlite (embedded, the default) or kafka");
  command.add_option("--log-format", options.log_format, "of the lines on standard error: text or json")
      ->check(CLI::IsMember({"text", "json"}));
  command.add_option("--brokers", options.brokers, "Kafka's brokers, HOST:PORT,…; implies --store kafka");
  command.add_flag("--dev", options.dev,
                   "no keys needed from loopback, loopback endpoints allowed, a line per attempt");
  command.add_option("--allow-from", options.allow_from, "with --dev: a network besides loopback that needs no key");
  command.add_option("--set", options.set, "any setting: --set gateway.loops=2 (certes config check lists them)");
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) text += (text.empty() ? "" : ",") + item;
  return text;
}

config::Sources sources_of(const SettingOptions& options, const std::map<std::string, std::string>& environment) {
  config::Sources sources{options.config, environment, {}};
  if (const auto found = environment.find("CERTES_CONFIG"); sources.file.empty() && found != environment.end())
    sources.file = found->second;
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) sources.flags.emplace_back(name, value);
  };
  for (const std::string& assignment : options.set) {
    const std::size_t equals = assignment.find('=');
    if (equals == std::string::npos) throw CLI::ValidationError("--set", "needs NAME=VALUE, not " + assignment);
    sources.flags.emplace_back(assignment.substr(0, equals), assignment.substr(equals + 1));
  }
  add("data", options.data);
  add("kafka.brokers", options.brokers);
  add("store.engine", !options.store.empty() ? options.store : options.brokers.empty() ? "" : "kafka");
  add("log.format", options.log_format);
  add("dev", options.dev ? "true" : "");
  add("allow_from", joined(options.allow_from));
  return sources;
}

void add_role(CliContext context, Role role, const char* name, const char* what) {
  CLI::App* command = context.app.add_subcommand(name, what);
  const auto options = std::make_shared<SettingOptions>();
  const auto print_ports = std::make_shared<std::string>();
  add_settings(*command, *options);
  command->add_option("--print-ports", *print_ports, "write the listeners' addresses to this file, as JSON");
  command->callback([=, &environment = context.environment, &chosen = context.chosen] {
    chosen = ServeOptions{role, sources_of(*options, environment), *print_ports};
  });
}

void add_relay(CliContext context) {
  CLI::App* command = context.app.add_subcommand(
      "relay", "takes events on this machine, keeps them in a spool, and forwards them to the gateway");
  command->require_subcommand(0, 1);
  const auto options = std::make_shared<SettingOptions>();
  const auto print_ports = std::make_shared<std::string>();
  const auto gateway = std::make_shared<std::string>();
  const auto key_file = std::make_shared<std::string>();
  add_settings(*command, *options);
  command->add_option("--gateway-url", *gateway, "gateway to forward to (relay.gateway_url)");
  command->add_option("--key-file", *key_file, "file that holds the API key (relay.key_file)");
  command->add_option("--print-ports", *print_ports, "write the listener's address to this file, as JSON");
  add_relay_control(*command, context);
  command->callback([=, &environment = context.environment, &chosen = context.chosen] {
    if (!command->get_subcommands().empty()) return;
    config::Sources sources = sources_of(*options, environment);
    if (!gateway->empty()) sources.flags.emplace_back("relay.gateway_url", *gateway);
    if (!key_file->empty()) sources.flags.emplace_back("relay.key_file", *key_file);
    chosen = RelayRunOptions{std::move(sources), *print_ports};
  });
}

// `topics` and `config check` take the same settings.
template <class Options>
void add_printing(CLI::App* command, CliContext context, const std::shared_ptr<Options>& made) {
  const auto options = std::make_shared<SettingOptions>();
  add_settings(*command, *options);
  command->add_flag("--json", made->json, "print JSON");
  command->callback([=, &environment = context.environment, &chosen = context.chosen] {
    made->sources = sources_of(*options, environment);
    chosen = *made;
  });
}

}  // namespace

void add_role_commands(CliContext context) {
  add_role(context, Role::serve, "serve", "every role in one process; embedded log, loopback");
  add_role(context, Role::gateway, "gateway", "accepts events, and serves the Master API unless api.enabled is false");
  add_role(context, Role::dispatcher, "dispatcher", "delivers events to endpoints");
  add_role(context, Role::api, "api", "serves the Master API alone");
  add_relay(context);
  CLI::App* topics = context.app.add_subcommand("topics", "the topics, settings and permissions that Kafka needs");
  const auto topics_options = std::make_shared<TopicsOptions>();
  topics->add_flag("--check", topics_options->check, "ask the cluster whether it has them; changes nothing");
  add_printing(topics, context, topics_options);
  CLI::App* restore = context.app.add_subcommand(
      "restore", "puts a backup in the place of a data directory's log, while no server runs there");
  const auto restore_options = std::make_shared<RestoreOptions>();
  restore->add_option("file", restore_options->file, "a backup: what certes backups list names")->required();
  restore->add_flag("--force", restore_options->force, "a log that is there is moved aside, and kept");
  add_printing(restore, context, restore_options);
  CLI::App* progress =
      context.app.add_subcommand("progress", "how far the dispatchers are, on Kafka")->require_subcommand(1);
  CLI::App* skip = progress->add_subcommand("skip", "go on behind records that are not finished: they are not sent");
  const auto skip_options = std::make_shared<ProgressSkipOptions>();
  skip->add_option("--partition", skip_options->partition, "of the events")->required();
  skip->add_option("--to", skip_options->to, "the offset to go on at, or end")->required();
  skip->add_flag("--dry-run", skip_options->dry_run, "only say what would be skipped");
  add_printing(skip, context, skip_options);
  CLI::App* config = context.app.add_subcommand("config", "settings")->require_subcommand(1);
  add_printing(
      config->add_subcommand("check", "checks the settings and prints each with its value and where it is from"),
      context, std::make_shared<ConfigCheckOptions>());
}

}  // namespace certes::command
