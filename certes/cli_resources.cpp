// Commands on the resources of the Master API, and on dead letters.
#include "certes/cli_parts.hpp"

#include <algorithm>

namespace certes::command {
namespace {

struct Kind {
  const char* name;  // as in the API's paths
  const char* what;
  const char* fields;  // an example of NAME=VALUE
};

constexpr Kind kKinds[] = {
    {"sources", "where raw webhooks come from", "verify.scheme=github verify.secret=…"},
    {"endpoints", "who receives deliveries", "url=https://example.com/hook concurrency=8"},
    {"subscriptions", "which events go to which endpoint", "endpoint=billing pattern=order.# priority=high"},
    {"event-types", "types of events and their schemas", "schema=… compatibility=backward"},
    {"backoff-policies", "when failed deliveries are tried again", "strategy=constant base_seconds=5"},
    {"keys", "API keys", "scopes=[\"events:write\"] sources=[\"shop\"] expires=2030-01-01T00:00:00Z"},
    {"tenants", "namespaces of resources", "weight=2 max_priority=high quotas.endpoints=10"},
};

using Options = std::shared_ptr<ResourceOptions>;

CLI::App* add_action(CliContext context, CLI::App* parent, const Kind& kind, const char* action, const char* what,
                     Options& options) {
  CLI::App* command = parent->add_subcommand(action, what);
  options = std::make_shared<ResourceOptions>();
  options->kind = kind.name;
  options->action = action;
  add_connection(*command, options->connection, context.environment);
  add_tenant(*command, options->connection, context.environment);
  command->callback([options, &chosen = context.chosen] { chosen = *options; });
  return command;
}

void add_id_action(CliContext context, CLI::App* parent, const Kind& kind, const char* action, const char* what) {
  Options options;
  CLI::App* command = add_action(context, parent, kind, action, what, options);
  command->add_option("id", options->id)->required()->type_name("ID");
  if (std::string_view(action) == "delete" && std::string_view(kind.name) == "endpoints")
    command->add_flag("--cascade", options->cascade, "its subscriptions too");
  if (std::string_view(action) == "delete" && std::string_view(kind.name) == "tenants")
    command->add_flag("--cascade", options->cascade, "all it has too");
  if (std::string_view(action).starts_with("rotate"))
    command->add_option("--grace", options->grace_seconds, "how many seconds the old one stays good")
        ->check(CLI::Range(0.0, 30 * 86'400.0))
        ->capture_default_str();
}

void add_purge(CliContext context, CLI::App* parent, const Kind& kind) {
  Options options;
  CLI::App* command = add_action(context, parent, kind, "purge", "what waits for it ends, and is not sent", options);
  command->add_option("id", options->id)->required()->type_name("ID");
  auto* all = command->add_flag("--all", options->all, "whatever waits");
  auto* priority = command->add_option("--priority", options->priorities, "of this class; several: given again")
                       ->check(CLI::IsMember({"critical", "high", "normal", "low", "bulk"}))
                       ->allow_extra_args(false);
  auto* before = command->add_option("--before", options->before, "accepted before this time (RFC 3339)");
  auto* pattern = command->add_option("--pattern", options->pattern, "of types that match");
  for (auto* filter : {priority, before, pattern}) filter->excludes(all);
  command->callback([options, all, priority, before, pattern, &chosen = context.chosen] {
    if (all->count() + priority->count() + before->count() + pattern->count() == 0)
      throw CLI::RequiredError("--all, --priority, --before or --pattern");
    chosen = *options;
  });
}

void add_refused(CliContext context, CLI::App* parent, const Kind& kind) {
  Options options;
  CLI::App* command = add_action(context, parent, kind, "refused", "its requests that were refused, and why", options);
  command->add_option("id", options->id)->required()->type_name("ID");
  command->add_flag("--payload", options->payload, "with the beginning of their bodies");
  command->add_option("--limit", options->limit, "at most so many")->check(CLI::Range(1, 1'000))->capture_default_str();
}

void add_retry(CliContext context, CLI::App* parent, const Kind& kind) {
  Options options;
  CLI::App* command = add_action(context, parent, kind, "retry", "what has failed is tried now", options);
  command->add_option("id", options->id)->required()->type_name("ID");
  command->add_option("--since", options->since, "what has failed first at this time (RFC 3339) or later");
}

// create and update: an id, then NAME=VALUE; or --body with the whole.
void add_writing_action(CliContext context, CLI::App* parent, const Kind& kind, const char* action, const char* what) {
  Options options;
  CLI::App* command = add_action(context, parent, kind, action, what, options);
  const auto words = std::make_shared<std::vector<std::string>>();
  const bool needs_id = std::string_view(action) == "update";
  command->add_option("words", *words, std::string("ID and fields: ") + kind.fields)->type_name("ID NAME=VALUE…");
  command->add_option("--body", options->body, "JSON of the fields, @FILE, or - for standard input");
  const bool has_kind = std::string_view(kind.name) == "subscriptions";
  const auto of_kind = std::make_shared<std::string>();
  if (has_kind)
    command->add_option("--kind", *of_kind, "of what it takes")->check(CLI::IsMember({"event", "command", "result"}));
  command->callback([options, words, needs_id, of_kind, &chosen = context.chosen] {
    if (!of_kind->empty()) options->fields.push_back("kind=" + *of_kind);
    for (const std::string& word : *words) {
      const bool is_field = word.find('=') != std::string::npos;
      if (!is_field && !options->id.empty()) throw CLI::ValidationError(word, "is no field: NAME=VALUE");
      if (is_field)
        options->fields.push_back(word);
      else
        options->id = word;
    }
    if (needs_id && options->id.empty()) throw CLI::RequiredError("ID");
    if (options->fields.empty() && options->body.empty() && (needs_id || options->id.empty()))
      throw CLI::RequiredError("NAME=VALUE or --body");
    chosen = *options;
  });
}

void add_kind(CliContext context, const Kind& kind) {
  CLI::App* parent = context.app.add_subcommand(kind.name, kind.what)->require_subcommand(1);
  Options options;
  add_action(context, parent, kind, "list", "all of them", options);
  add_id_action(context, parent, kind, "show", "one of them");
  add_writing_action(context, parent, kind, "create", "makes one");
  add_writing_action(context, parent, kind, "update", "changes the fields given");
  add_id_action(context, parent, kind, "delete", "removes one");
  if (std::string_view(kind.name) == "keys")
    add_id_action(context, parent, kind, "rotate", "a new key under the same id; the old one stays good for a while");
  if (std::string_view(kind.name) == "event-types")
    add_id_action(context, parent, kind, "versions", "the schemas it has had");
  if (std::string_view(kind.name) == "sources") add_refused(context, parent, kind);
  if (std::string_view(kind.name) != "endpoints") return;
  add_id_action(context, parent, kind, "pause", "deliveries wait");
  add_id_action(context, parent, kind, "resume", "deliveries go on; ends a pause or a disabling");
  add_id_action(context, parent, kind, "stats", "what waits for one, and how its attempts go");
  add_id_action(context, parent, kind, "test", "sends it a test event, and shows what comes back");
  add_id_action(context, parent, kind, "rotate-secret", "a new signing secret; the old one signs along for a while");
  add_id_action(context, parent, kind, "secret", "its signing secrets, in the clear");
  add_id_action(context, parent, kind, "end-former-secrets", "old signing secrets sign along no more");
  add_purge(context, parent, kind);
  add_retry(context, parent, kind);
}

void add_dead_letters(CliContext context) {
  CLI::App* parent = context.app.add_subcommand("dead-letters", "deliveries that were given up")->require_subcommand(1);
  const auto add = [&](const char* action, const char* what) {
    CLI::App* command = parent->add_subcommand(action, what);
    const auto options = std::make_shared<DeadLetterOptions>();
    options->action = action;
    add_connection(*command, options->connection, context.environment);
    add_tenant(*command, options->connection, context.environment);
    command->callback([options, &chosen = context.chosen] { chosen = *options; });
    return std::pair(command, options);
  };
  const auto add_filter = [](CLI::App& command, DeadLetterOptions& options) {
    return std::vector<CLI::Option*>{
        command.add_option("--endpoint", options.endpoint, "of this endpoint only"),
        command.add_option("--type", options.type, "of this type only"),
        command.add_option("--rule", options.rule, "of which this has decided"),
        command.add_option("--event", options.event, "of this event (evt_…) only"),
        command.add_option("--from", options.from, "that became one at this time or later: 2026-01-31T08:00:00Z"),
        command.add_option("--to", options.to, "that became one before this time")};
  };
  const auto [list, list_options] = add("list", "the newest first");
  add_filter(*list, *list_options);
  list->add_option("--state", list_options->state, "in this state only")
      ->check(CLI::IsMember({"open", "replayed", "delivered", "discarded"}));
  list->add_option("--delivery", list_options->delivery, "of this delivery (dlv_…) only");
  list->add_option("--limit", list_options->limit, "at most so many");
  const auto [show, show_options] = add("show", "one of them, with its payload");
  show->add_option("id", show_options->ids, "as the list shows it, or a delivery's")
      ->required()
      ->expected(1)
      ->type_name("ID");
  // One or several by their ids, or many by a filter, as a job.
  const auto add_deed = [&](const char* action, const char* what) {
    const auto [command, options] = add(action, what);
    auto* ids = command->add_option("id", options->ids)->type_name("ID…");
    std::vector<CLI::Option*> filter = add_filter(*command, *options);
    auto* all = command->add_flag("--all", options->all, "all there are");
    for (auto* one : filter) one->excludes(ids)->excludes(all);
    all->excludes(ids);
    filter.push_back(all);
    auto* rate = command->add_option("--rate", options->rate, "of many: at most so many a second; 0: no limit")
                     ->check(CLI::Range(0.0, 1e6))
                     ->capture_default_str();
    auto* dry_run = command->add_flag("--dry-run", options->dry_run, "of many: says how many that would be");
    auto* no_wait = command->add_flag("--no-wait", options->no_wait, "of many: shows the job, and leaves it to it");
    for (auto* of_many : {rate, dry_run, no_wait}) of_many->excludes(ids);
    command->callback([options = options, ids, filter, &chosen = context.chosen] {
      const auto given = [](const CLI::Option* one) { return one->count() > 0; };
      if (!given(ids) && std::ranges::none_of(filter, given))
        throw CLI::RequiredError("ID, a filter (--endpoint, …) or --all");
      chosen = *options;
    });
    return std::tuple(command, options, ids, filter);
  };
  const auto [replay, replay_options, ids, filter] = add_deed("replay", "sends them again");
  replay->add_option("--data", replay_options->data, "corrected data, of one that broke its schema: JSON, @FILE or -");
  auto* header =
      replay->add_option("--header", replay_options->headers,
                         "a header that its source forwarded, as it is to be; nothing behind = takes it away");
  header->type_name("NAME=VALUE")->allow_extra_args(false);
  for (auto* of_many : filter) header->excludes(of_many);
  replay->add_flag("--again", replay_options->again, "what was replayed before, too");
  replay->add_option("--priority", replay_options->priority, "of many: in this class")
      ->check(CLI::IsMember({"critical", "high", "normal", "low", "bulk"}))
      ->excludes(ids);
  add_deed("discard", "puts them aside: they are listed as discarded, and not replayed");
}

}  // namespace

void add_resource_commands(CliContext context) {
  for (const Kind& kind : kKinds) add_kind(context, kind);
  add_dead_letters(context);
}

}  // namespace certes::command
