// certes events list, show, attempts, explain
#include "certes/cli_parts.hpp"

namespace certes::command {
namespace {

std::pair<CLI::App*, std::shared_ptr<EventOptions>> add_action(CliContext context, CLI::App& parent, const char* action,
                                                               const char* what) {
  CLI::App* command = parent.add_subcommand(action, what);
  auto options = std::make_shared<EventOptions>();
  options->action = action;
  add_connection(*command, options->connection, context.environment);
  add_tenant(*command, options->connection, context.environment);
  command->callback([options, &chosen = context.chosen] { chosen = *options; });
  return {command, options};
}

void add_event_id(CLI::App& command, EventOptions& options) {
  command.add_option("id", options.id, "evt_…")->required()->type_name("ID");
}

}  // namespace

void add_event_commands(CliContext context) {
  CLI::App& events = *context.app.get_subcommand("events");
  const auto [list, listed] =
      add_action(context, events, "list", "what was accepted, and what became of it; the newest first");
  list->add_option("--type", listed->type, "of this type");
  list->add_option("--source", listed->source, "of this source");
  list->add_option("--source-id", listed->source_id, "that its producer called so");
  list->add_option("--state", listed->state, "that stands so")
      ->check(CLI::IsMember({"accepted", "unmatched", "open", "delivered", "failed"}));
  list->add_option("--endpoint", listed->endpoint, "of which this endpoint has a delivery");
  list->add_option("--conversation", listed->conversation, "of this conversation");
  list->add_option("--text", listed->text, "with all of these words in its payload (history.payload_text)");
  list->add_option("--from", listed->from, "accepted at this time or later: 2026-01-31T08:00:00Z");
  list->add_option("--to", listed->to, "accepted before this time");
  list->add_option("--limit", listed->limit, "at most so many; 0: all there are")->capture_default_str();
  const auto [show, shown] =
      add_action(context, events, "show", "one of them: its payload, its deliveries, each attempt");
  add_event_id(*show, *shown);
  const auto [attempts, tried] = add_action(context, events, "attempts", "the attempts to deliver one, in their order");
  add_event_id(*attempts, *tried);
  attempts->add_option("--limit", tried->limit, "at most so many; 0: all there are")->capture_default_str();
  const auto [explain, explained] =
      add_action(context, events, "explain", "why an endpoint gets it, does not, or has not yet");
  add_event_id(*explain, *explained);
  explain->add_option("--endpoint", explained->endpoint, "whose delivery it is about")->required();
}

}  // namespace certes::command
