// certes events list, show, attempts, explain, replay
#include "certes/cli_parts.hpp"

namespace certes::command {
namespace {

std::pair<CLI::App*, std::shared_ptr<EventOptions>> add_event_action(CliContext context, CLI::App& parent,
                                                                     const char* action, const char* what) {
  auto added = add_action<EventOptions>(context, parent, action, what);
  add_tenant(*added.first, added.second->connection, context.environment);
  return added;
}

void add_event_id(CLI::App& command, EventOptions& options) {
  command.add_option("id", options.id, "evt_…")->required()->type_name("ID");
}

}  // namespace

void add_event_filter(CLI::App& command, EventFilter& filter) {
  command.add_option("--type", filter.type, "of this type");
  command.add_option("--source", filter.source, "of this source");
  command.add_option("--source-id", filter.source_id, "that its producer called so");
  command.add_option("--state", filter.state, "that stands so")
      ->check(CLI::IsMember({"accepted", "unmatched", "open", "delivered", "failed"}));
  command.add_option("--endpoint", filter.endpoint, "of which this endpoint has a delivery");
  command.add_option("--conversation", filter.conversation, "of this conversation");
  command.add_option("--from", filter.from, "accepted at this time or later: 2026-01-31T08:00:00Z");
  command.add_option("--to", filter.to, "accepted before this time");
}

void add_replay_target(CLI::App& command, std::string& target, std::string& priority) {
  command.add_option("--target", target, "to this endpoint alone");
  command.add_option("--priority", priority, "in this class, whatever the subscriptions say")
      ->check(CLI::IsMember({"critical", "high", "normal", "low", "bulk"}));
}

void add_event_commands(CliContext context) {
  CLI::App& events = *context.app.get_subcommand("events");
  const auto [list, listed] =
      add_event_action(context, events, "list", "what was accepted, and what became of it; the newest first");
  add_event_filter(*list, listed->filter);
  list->add_option("--text", listed->filter.text, "with all of these words in its payload (history.payload_text)");
  list->add_option("--limit", listed->limit, "at most so many; 0: all there are")->capture_default_str();
  const auto [show, shown] =
      add_event_action(context, events, "show", "one of them: its payload, its deliveries, each attempt");
  add_event_id(*show, *shown);
  const auto [attempts, tried] =
      add_event_action(context, events, "attempts", "the attempts to deliver one, in their order");
  add_event_id(*attempts, *tried);
  attempts->add_option("--limit", tried->limit, "at most so many; 0: all there are")->capture_default_str();
  const auto [explain, explained] =
      add_event_action(context, events, "explain", "why an endpoint gets it, does not, or has not yet");
  add_event_id(*explain, *explained);
  explain->add_option("--endpoint", explained->endpoint, "whose delivery it is about")->required();
  const auto [replay, replayed] = add_event_action(context, events, "replay", "sends one again");
  add_event_id(*replay, *replayed);
  add_replay_target(*replay, replayed->target, replayed->priority);
  replay->add_flag("--again", replayed->again, "though it was replayed so before");
}

}  // namespace certes::command
