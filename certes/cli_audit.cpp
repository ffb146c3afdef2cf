// certes audit
#include "certes/cli_parts.hpp"

namespace certes::command {

void add_audit_command(CliContext context) {
  CLI::App* command = context.app.add_subcommand("audit", "who changed which resource, and when; the newest first");
  const auto options = std::make_shared<AuditOptions>();
  add_connection(*command, options->connection, context.environment);
  add_tenant(*command, options->connection, context.environment);
  command->add_option("--kind", options->kind, "of resources: endpoints, keys, …");
  command->add_option("--id", options->id, "of the resource");
  command->add_option("--by", options->by, "id of the key that made the change");
  command->add_option("--from", options->from, "not before this time: 2026-01-31T08:00:00Z");
  command->add_option("--to", options->to, "before this time");
  command->add_option("--limit", options->limit, "at most so many; 0: all there is")->capture_default_str();
  command->callback([options, &chosen = context.chosen] { chosen = *options; });
}

}  // namespace certes::command
