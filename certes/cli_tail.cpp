// certes events tail, certes logs tail
#include "certes/cli_parts.hpp"

namespace certes::command {
namespace {

std::shared_ptr<TailOptions> add_tail(CliContext context, CLI::App& parent, const char* what) {
  CLI::App* command = parent.add_subcommand("tail", what);
  auto options = std::make_shared<TailOptions>();
  add_connection(*command, options->connection, context.environment);
  add_tenant(*command, options->connection, context.environment);
  command->add_option("--pattern", options->pattern, "* is one word, # any number")->capture_default_str();
  command->add_option("--count", options->count, "end after so many");
  command->callback([options, &chosen = context.chosen] { chosen = *options; });
  return options;
}

}  // namespace

void add_tail_commands(CliContext context) {
  CLI::App* events =
      context.app.add_subcommand("events", "what is published, and what became of it")->require_subcommand(1);
  const auto options = add_tail(context, *events, "shows events, commands and results as they come");
  CLI::App* tail = events->get_subcommand("tail");
  tail->add_option("--kind", options->kinds, "event, command, result or log, or several joined by commas")
      ->capture_default_str();
  tail->add_option("--after", options->after, "go on after this id of the stream");
  CLI::App* logs = context.app.add_subcommand("logs", "log lines of services")->require_subcommand(1);
  add_tail(context, *logs, "shows log lines as they come")->kinds = "log";
}

}  // namespace certes::command
