// certes backup; certes backups list, show, delete
#include "certes/cli_parts.hpp"

namespace certes::command {

void add_backup_commands(CliContext context) {
  CLI::App* const backup = context.app.add_subcommand(
      "backup", "makes a copy of the embedded log while it is used, on the server, and looks it over");
  const auto making = std::make_shared<BackupOptions>();
  making->action = "make";
  add_connection(*backup, making->connection, context.environment);
  backup->add_option("--name", making->name, "of it; none: certes- and the time");
  backup->add_flag("!--no-wait", making->wait, "does not wait until it is done");
  backup->callback([making, &chosen = context.chosen] { chosen = *making; });

  CLI::App* const backups = context.app.add_subcommand("backups", "copies of the embedded log that are there");
  backups->require_subcommand(1);
  add_action<BackupOptions>(context, *backups, "list", "what there is; the newest first");
  const auto [show, shown] = add_action<BackupOptions>(context, *backups, "show", "one of them, and how far it is");
  show->add_option("name", shown->name, "of it")->required()->type_name("NAME");
  const auto [remove, removed] =
      add_action<BackupOptions>(context, *backups, "delete", "deletes one, or ends it where it is being made");
  remove->add_option("name", removed->name, "of it")->required()->type_name("NAME");
}

}  // namespace certes::command
