// certes replays list, show, create, pause, resume, cancel; certes jobs, the same but for create
#include "certes/cli_parts.hpp"

namespace certes::command {
namespace {

using Added = std::pair<CLI::App*, std::shared_ptr<JobOptions>>;

Added add_job_action(CliContext context, CLI::App& parent, const char* action, const char* what) {
  auto added = add_action<JobOptions>(context, parent, action, what);
  added.second->kind = parent.get_name();
  add_tenant(*added.first, added.second->connection, context.environment);
  return added;
}

void add_steering(CliContext context, CLI::App& parent) {
  const auto [list, listed] = add_job_action(context, parent, "list", "what there is; the newest first");
  list->add_option("--state", listed->state, "that stands so")
      ->check(CLI::IsMember({"running", "paused", "done", "cancelled", "failed"}));
  list->add_option("--limit", listed->limit, "at most so many; 0: all there are")->capture_default_str();
  const std::pair<const char*, const char*> of_one[] = {{"show", "one of them, and how far it is"},
                                                        {"pause", "it waits"},
                                                        {"resume", "it goes on; what has failed, too"},
                                                        {"cancel", "it ends where it is"}};
  for (const auto& [action, what] : of_one) {
    const auto [command, options] = add_job_action(context, parent, action, what);
    command->add_option("id", options->id, "job_…")->required()->type_name("ID");
  }
}

void add_create(CliContext context, CLI::App& parent) {
  const auto [create, options] = add_job_action(context, parent, "create", "sends events again: those that fit all");
  add_event_filter(*create, options->filter);
  create->add_flag("--all", options->all, "whatever there is");
  add_replay_target(*create, options->target, options->priority);
  create->add_option("--rate", options->rate, "at most so many a second; 0: no limit")
      ->check(CLI::Range(0.0, 1e6))
      ->capture_default_str();
  create->add_flag("--dry-run", options->dry_run, "says how many that would be");
  create->add_flag("--wait", options->wait, "until it has ended");
}

}  // namespace

void add_job_commands(CliContext context) {
  CLI::App* const replays = context.app.add_subcommand("replays", "events that are sent again, many at a time");
  replays->require_subcommand(1);
  add_steering(context, *replays);
  add_create(context, *replays);
  CLI::App* const jobs = context.app.add_subcommand("jobs", "all long work: replays, and what else there is");
  add_steering(context, *jobs->require_subcommand(1));
}

}  // namespace certes::command
