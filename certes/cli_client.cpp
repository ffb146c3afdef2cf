// Commands that speak to a running Certes: send, command, listen, apply, export, doctor. And version.
#include "certes/cli_parts.hpp"

namespace certes::command {
namespace {

// A command whose options are one struct with a connection in it.
template <class Options>
std::shared_ptr<Options> add_command(CliContext context, CLI::App* command) {
  auto options = std::make_shared<Options>();
  add_connection(*command, options->connection, context.environment);
  command->callback([options, &chosen = context.chosen] { chosen = *options; });
  return options;
}

void add_send(CliContext context) {
  CLI::App* command = context.app.add_subcommand("send", "publishes an event");
  const auto options = add_command<SendOptions>(context, command);
  command->add_option("type", options->type, "event type: order.created")->required()->type_name("TYPE");
  command->add_option("data", options->data, "JSON (or text), @FILE, or - for standard input")
      ->type_name("DATA|@FILE|-");
  command->add_option("--id", options->id, "your id: the same (source, id) is not delivered again");
  auto* source = command->add_option("--source", options->source, "where it happened, a URI reference");
  auto* text = command->add_flag("--text", options->text, "DATA is a string, whatever it looks like");
  command->add_option("--content-type", options->content_type, "send DATA byte for byte, as of this type")
      ->needs(source)
      ->excludes(text);
  command->add_option("--subject", options->subject, "what it is about");
  command->add_option("--partition-key", options->partition_key, "events of one key keep together");
  command->add_option("--retry-seconds", options->retry_seconds, "how long to try while the gateway is away; 0: once")
      ->check(CLI::Range(0.0, 31'622'400.0))
      ->capture_default_str();
  command->add_option("--max-attempts", options->max_attempts, "how often; 0: as often as fits into that time");
  add_tenant(*command, options->connection, context.environment);
  command->add_option("--spool", options->spool, "directory where it waits for the next send if it is not accepted");
}

void add_command_command(CliContext context) {
  CLI::App* command = context.app.add_subcommand("command", "gives a command to the service that takes it");
  const auto options = add_command<CommandOptions>(context, command);
  command->add_option("name", options->name, "of the command: Billing.ChargeCard")
      ->required()
      ->type_name("Service.VerbObject");
  command->add_option("data", options->data, "JSON (or text), @FILE, or - for standard input")
      ->type_name("DATA|@FILE|-");
  command->add_flag("--text", options->text, "DATA is a string, whatever it looks like");
  auto* wait = command->add_flag("--wait", options->wait, "wait for the result and print it; exit with 1 if it failed");
  command->add_option("--wait-seconds", options->wait_seconds, "at most so long")
      ->check(CLI::Range(0.0, 86'400.0))
      ->needs(wait)
      ->capture_default_str();
  command->add_option("--id", options->id, "your id: the same command is not given twice");
  command->add_option("--reply-to", options->reply_to, "URL that the result is posted to");
  command->add_option("--conversation-id", options->conversation_id, "what it belongs to");
  command->add_option("--cause-id", options->cause_id, "the event that led to it");
}

void add_try(CliContext context) {
  CLI::App* command = context.app.add_subcommand("try", "says what a filter makes of an event, given or past");
  const auto options = add_command<TryOptions>(context, command);
  command
      ->add_option("filter", options->filter,
                   "a CEL expression, or an object of operators; @FILE, or - for standard input")
      ->required()
      ->type_name("FILTER|@FILE|-");
  auto* data = command->add_option("data", options->data, "the event's data: JSON, @FILE, or - for standard input")
                   ->type_name("DATA|@FILE|-");
  command
      ->add_option("--transform", options->transform,
                   "says what is made of the event, too: a transformation as JSON, @FILE, or - for standard input")
      ->type_name("JSON|@FILE|-");
  command->add_option("--type", options->type, "the event's type")->needs(data)->capture_default_str();
  command->add_option("--event", options->event_id, "on this event, which has come: evt_…")->excludes(data);
  add_tenant(*command, options->connection, context.environment);
}

void add_listen(CliContext context) {
  CLI::App* command = context.app.add_subcommand(
      "listen", "shows events as an endpoint would get them, from now on, and posts them to a URL; makes no resource");
  const auto options = add_command<ListenOptions>(context, command);
  command->add_option("--pattern", options->pattern, "of event types; * is one word, # any number")
      ->capture_default_str();
  command->add_option("--to", options->to, "post each to this URL, signed; tried 3 times");
  command->add_option("--count", options->count, "end after so many events");
  add_tenant(*command, options->connection, context.environment);
}

void add_apply(CliContext context) {
  CLI::App* command = context.app.add_subcommand("apply", "declares resources from files and shows what that changes");
  const auto options = add_command<ApplyOptions>(context, command);
  command->add_option("files", options->files, "files in TOML or JSON, directories of them, or - for standard input")
      ->required()
      ->type_name("FILE|DIR|-");
  add_tenant(*command, options->connection, context.environment);
  command->add_flag("--dry-run", options->dry_run, "change nothing; exit with 10 where something would change");
  auto* owner = command->add_option("--owner", options->owner, "who declares it, where a resource does not say so")
                    ->capture_default_str();
  command->add_flag("--prune", options->prune, "delete what this owner has declared before, and the files have not")
      ->needs(owner);
  command->add_flag("--force", options->force, "take over what another owner has declared");
}

void add_export(CliContext context) {
  CLI::App* command =
      context.app.add_subcommand("export", "prints what is declared, as a file that certes apply takes (JSON)");
  const auto options = add_command<ExportOptions>(context, command);
  command->add_option("--owner", options->owner, "of this one alone");
  add_tenant(*command, options->connection, context.environment);
}

void add_doctor(CliContext context) {
  CLI::App* command = context.app.add_subcommand("doctor", "looks a running installation over, and says what to mend");
  const auto options = add_command<DoctorOptions>(context, command);
  add_tenant(*command, options->connection, context.environment);
}

}  // namespace

void add_client_commands(CliContext context) {
  add_send(context);
  add_command_command(context);
  add_try(context);
  add_listen(context);
  add_apply(context);
  add_export(context);
  add_doctor(context);
  context.app.add_subcommand("version", "prints the version")->callback([&chosen = context.chosen] {
    chosen = VersionOptions{};
  });
}

}  // namespace certes::command
