// certes erase
#include "certes/cli_parts.hpp"

namespace certes::command {

void add_erase_command(CliContext context) {
  CLI::App* const erase = context.app.add_subcommand(
      "erase", "erases an event, or all events of a subject, with their payloads, dead letters and attempts");
  const auto options = std::make_shared<EraseOptions>();
  add_connection(*erase, options->connection, context.environment);
  add_tenant(*erase, options->connection, context.environment);
  CLI::Option* const event = erase->add_option("--event", options->event, "this one: evt_…")->type_name("ID");
  CLI::Option* const source = erase->add_option("--source", options->source, "those of this source …");
  CLI::Option* const subject = erase->add_option("--subject", options->subject, "… and this subject");
  source->needs(subject)->excludes(event);
  subject->needs(source)->excludes(event);
  erase->add_flag("--dry-run", options->dry_run, "says how many that would be");
  erase->add_flag("!--no-wait", options->wait, "does not wait until it is done");
  erase->add_flag("--yes", options->yes, "does not ask first");
  erase->callback([options, &chosen = context.chosen] { chosen = *options; });
}

}  // namespace certes::command
