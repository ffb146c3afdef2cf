#include "certes/cli.hpp"

#include <doctest/doctest.h>

#include "certes/cli_help.hpp"

using namespace certes::command;

namespace {

template <class Options>
Options chosen(const std::vector<std::string>& words, const std::map<std::string, std::string>& environment = {},
               const std::string& program = "certes") {
  const Parsed parsed = parse(program, words, environment);
  INFO(parsed.text);
  REQUIRE(parsed.command.has_value());
  REQUIRE(std::holds_alternative<Options>(*parsed.command));
  return std::get<Options>(*parsed.command);
}

using Flags = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("help: what options do stands under itself in a narrow terminal, and examples stay whole") {
  const std::string help =
      "Publishes an event, and says what it was called by the gateway\nUsage: certes send [OPTIONS] type [data] and "
      "more and more and more\n"
      "  -h,--help                   Print this help message and exit\n"
      "  --a-very-long-name-of-an-option TEXT\n"
      "                              what it does, in a sentence of its own\n"
      "Example:\n  certes send order.created '{\"total\": 7}' --gateway-url http://127.0.0.1:9600\n";
  CHECK(fitted_help(help, 0) == help);
  CHECK(fitted_help(help, 50) ==
        "Publishes an event, and says what it was called by\nthe gateway\nUsage: certes send [OPTIONS] type [data] and "
        "more and more and more\n"
        "  -h,--help                   Print this help\n                              message and exit\n"
        "  --a-very-long-name-of-an-option TEXT\n"
        "                              what it does, in a\n                              sentence of its own\n"
        "Example:\n  certes send order.created '{\"total\": 7}' --gateway-url http://127.0.0.1:9600\n");
}

TEST_CASE("Command line: options of roles become flags of the settings") {
  const auto serve =
      chosen<ServeOptions>({"serve", "--config", "c.toml", "--data", "d", "--dev", "--log-format", "json",
                            "--allow-from", "10.0.0.0/8", "--set", "gateway.loops=2", "--print-ports", "p"},
                           {{"CERTES_DATA", "e"}});
  CHECK(serve.role == Role::serve);
  CHECK(serve.sources.file == "c.toml");
  CHECK(serve.sources.environment.at("CERTES_DATA") == "e");
  CHECK(serve.print_ports == "p");
  CHECK(serve.sources.flags == Flags{{"gateway.loops", "2"},
                                     {"data", "d"},
                                     {"log.format", "json"},
                                     {"dev", "true"},
                                     {"allow_from", "10.0.0.0/8"}});
}

TEST_CASE("Command line: brokers imply the Kafka log") {
  CHECK(chosen<ServeOptions>({"gateway", "--brokers", "k:9092"}).sources.flags ==
        Flags{{"kafka.brokers", "k:9092"}, {"store.engine", "kafka"}});
  CHECK(chosen<ServeOptions>({"serve", "--brokers", "k:9092", "--store", "sqlite"}).sources.flags ==
        Flags{{"kafka.brokers", "k:9092"}, {"store.engine", "sqlite"}});
}

TEST_CASE("Command line: a role is a command, or the name of the program") {
  CHECK(chosen<ServeOptions>({"dispatcher"}).role == Role::dispatcher);
  CHECK(chosen<ServeOptions>({"api"}).role == Role::api);
  CHECK(chosen<ServeOptions>({"--data", "d"}, {}, "/usr/bin/certes-gateway").role == Role::gateway);
  CHECK(chosen<ServeOptions>({}, {}, "certes-dispatcher").role == Role::dispatcher);
}

TEST_CASE("Command line: flags beat the environment for connections") {
  const std::map<std::string, std::string> environment{
      {"CERTES_URL", "http://a"}, {"CERTES_KEY", "k"}, {"CERTES_GATEWAY_URL", "http://g"}};
  auto send = chosen<SendOptions>({"send", "order.created", "{}"}, environment);
  CHECK(send.connection.url == "http://a");
  CHECK(send.connection.gateway_url == "http://g");
  CHECK(send.connection.key == "k");
  send = chosen<SendOptions>({"send", "order.created", "--key", "other"}, environment);
  CHECK(send.connection.key == "other");
  CHECK(chosen<SendOptions>({"send", "a.b"}).connection.gateway_url == "http://127.0.0.1:9600");
}

TEST_CASE("Command line: a command takes its options, and a subscription its kind") {
  const auto command = chosen<CommandOptions>({"command", "Billing.Charge", "{}", "--wait", "--wait-seconds", "5",
                                               "--reply-to", "http://x/", "--cause-id", "evt_1"});
  CHECK(command.name == "Billing.Charge");
  CHECK(command.data == "{}");
  CHECK(command.wait);
  CHECK(command.wait_seconds == 5);
  CHECK(command.reply_to == "http://x/");
  CHECK(command.cause_id == "evt_1");
  CHECK_FALSE(chosen<CommandOptions>({"command", "Billing.Charge"}).wait);
  const auto subscription = chosen<ResourceOptions>(
      {"subscriptions", "create", "billing", "--kind", "command", "endpoint=billing", "pattern=Billing.*"});
  CHECK(subscription.fields == std::vector<std::string>{"kind=command", "endpoint=billing", "pattern=Billing.*"});
}

TEST_CASE("Command line: data may be a dash or start with an at sign") {
  CHECK(chosen<SendOptions>({"send", "a.b", "-"}).data == "-");
  CHECK(chosen<SendOptions>({"send", "a.b", "@file"}).data == "@file");
  CHECK(chosen<ApplyOptions>({"apply", "-"}).files == std::vector<std::string>{"-"});
}

TEST_CASE("Command line: listen and apply take their options") {
  const auto listen = chosen<ListenOptions>({"listen", "--pattern", "order.#", "--to", "http://x/", "--count", "3"});
  CHECK(listen.pattern == "order.#");
  CHECK(listen.to == "http://x/");
  CHECK(listen.count == 3);
  const auto apply = chosen<ApplyOptions>({"apply", "--dry-run", "a.toml", "b"});
  CHECK(apply.dry_run);
  CHECK(apply.files == std::vector<std::string>{"a.toml", "b"});
}

TEST_CASE("Command line: a resource has an id and fields") {
  const auto create =
      chosen<ResourceOptions>({"endpoints", "create", "billing", "url=http://x/?a=b", "concurrency=8", "--json"});
  CHECK(create.kind == "endpoints");
  CHECK(create.action == "create");
  CHECK(create.id == "billing");
  CHECK(create.fields == std::vector<std::string>{"url=http://x/?a=b", "concurrency=8"});
  CHECK(create.connection.json);
  CHECK(chosen<ResourceOptions>({"backoff-policies", "show", "slow"}).id == "slow");
  CHECK(chosen<ResourceOptions>({"endpoints", "rotate-secret", "billing"}).action == "rotate-secret");
  CHECK(chosen<ResourceOptions>({"endpoints", "stats", "billing"}).action == "stats");
  CHECK(chosen<ResourceOptions>({"endpoints", "delete", "billing", "--cascade"}).cascade);
}

TEST_CASE("Command line: an endpoint is purged of what is said, and never of all because nothing is") {
  const auto purge = chosen<ResourceOptions>({"endpoints", "purge", "--priority", "low", "billing", "--priority",
                                              "bulk", "--before", "2026-01-31T08:00:00Z", "--pattern", "order.#"});
  CHECK(purge.action == "purge");
  CHECK(purge.id == "billing");
  CHECK_FALSE(purge.all);
  CHECK(purge.priorities == std::vector<std::string>{"low", "bulk"});
  CHECK(purge.before == "2026-01-31T08:00:00Z");
  CHECK(purge.pattern == "order.#");
  CHECK(chosen<ResourceOptions>({"endpoints", "purge", "billing", "--all"}).all);
  CHECK_FALSE(parse("certes", {"endpoints", "purge", "billing"}, {}).command.has_value());
  CHECK_FALSE(parse("certes", {"endpoints", "purge", "billing", "--all", "--pattern", "a"}, {}).command.has_value());
  CHECK_FALSE(parse("certes", {"endpoints", "purge", "billing", "--priority", "urgent"}, {}).command.has_value());
  CHECK_FALSE(parse("certes", {"sources", "purge", "billing", "--all"}, {}).command.has_value());
  CHECK(chosen<ResourceOptions>({"endpoints", "retry", "billing", "--since", "2026-01-31T08:00:00Z"}).since ==
        "2026-01-31T08:00:00Z");
  CHECK(chosen<ResourceOptions>({"endpoints", "retry", "billing"}).since.empty());
}

TEST_CASE("Command line: keys are rotated with a grace, tenants deleted with all they have, both for a tenant") {
  const auto rotate = chosen<ResourceOptions>({"keys", "rotate", "k", "--grace", "60", "--tenant", "acme"});
  CHECK(rotate.action == "rotate");
  CHECK(rotate.id == "k");
  CHECK(rotate.grace_seconds == 60);
  CHECK(rotate.connection.tenant == "acme");
  CHECK(chosen<ResourceOptions>({"keys", "rotate", "k"}).grace_seconds == 86'400);
  CHECK(chosen<ResourceOptions>({"tenants", "delete", "acme", "--cascade"}).cascade);
  CHECK_FALSE(parse("certes", {"keys", "rotate", "k", "--grace", "-1"}, {}).command.has_value());
  CHECK_FALSE(parse("certes", {"endpoints", "rotate", "k"}, {}).command.has_value());
  CHECK_FALSE(parse("certes", {"keys", "delete", "k", "--cascade"}, {}).command.has_value());
}

TEST_CASE("CLI: events are listed by what is asked for, and shown by their ids") {
  const auto list = chosen<EventOptions>(
      {"events",  "list",       "--type",  "order.created",  "--source", "/shop",  "--source-id", "7",    "--state",
       "failed",  "--endpoint", "billing", "--conversation", "c",        "--from", "a",           "--to", "b",
       "--limit", "0"});
  CHECK(list.action == "list");
  CHECK(list.filter.type == "order.created");
  CHECK(list.filter.source == "/shop");
  CHECK(list.filter.source_id == "7");
  CHECK(list.filter.state == "failed");
  CHECK(list.filter.endpoint == "billing");
  CHECK(list.filter.conversation == "c");
  CHECK(list.filter.from == "a");
  CHECK(list.filter.to == "b");
  CHECK(list.limit == 0);
  CHECK(chosen<EventOptions>({"events", "show", "evt_1"}).id == "evt_1");
  CHECK(chosen<EventOptions>({"events", "attempts", "evt_1"}).action == "attempts");
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"events", "show"}, {"events", "list", "--state", "done"}, {"events", "list", "evt_1"}})
    CHECK(parse("certes", wrong, {}).exit_code == kExitUsage);
}

TEST_CASE("CLI: replays are asked for by a filter, a target, a rate and a class, and steered by their ids") {
  const auto made = chosen<JobOptions>({"replays", "create", "--type", "order.paid", "--state", "failed", "--from", "a",
                                        "--target", "billing", "--rate", "2.5", "--priority", "low", "--wait"});
  CHECK(made.kind == "replays");
  CHECK(made.action == "create");
  CHECK(made.filter.type == "order.paid");
  CHECK(made.filter.state == "failed");
  CHECK(made.filter.from == "a");
  CHECK(made.target == "billing");
  CHECK(made.rate == 2.5);
  CHECK(made.priority == "low");
  CHECK(made.wait);
  CHECK_FALSE(made.dry_run);
  for (const char* action : {"show", "pause", "resume", "cancel"}) {
    CHECK(chosen<JobOptions>({"jobs", action, "job_1"}).id == "job_1");
    CHECK(chosen<JobOptions>({"replays", action, "job_1"}).action == action);
    CHECK(parse("certes", {"jobs", action}, {}).exit_code == kExitUsage);
  }
  CHECK(chosen<JobOptions>({"jobs", "list", "--state", "running"}).state == "running");
  CHECK(chosen<EventOptions>({"events", "replay", "evt_1", "--target", "e", "--again"}).again);
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"jobs", "create", "--all"},
                                                {"jobs", "list", "--state", "lost"},
                                                {"replays", "create", "--rate", "-1"},
                                                {"replays", "create", "--priority", "urgent"},
                                                {"replays"}})
    CHECK(parse("certes", wrong, {}).exit_code == kExitUsage);
}

TEST_CASE("CLI: dead letters are listed and replayed by the same filter") {
  for (const char* action : {"list", "replay"}) {
    const auto options = chosen<DeadLetterOptions>(
        {"dead-letters", action, "--type", "a.b", "--rule", "gone", "--event", "evt_1", "--from", "a", "--to", "b"});
    CHECK(options.type == "a.b");
    CHECK(options.rule == "gone");
    CHECK(options.event == "evt_1");
    CHECK(options.from == "a");
    CHECK(options.to == "b");
  }
  CHECK(chosen<DeadLetterOptions>({"dead-letters", "replay", "--all", "--rate", "5", "--no-wait"}).no_wait);
  for (const std::vector<std::string>& wrong :
       {std::vector<std::string>{"dead-letters", "replay", "--all", "--rule", "gone"},
        {"dead-letters", "replay", "dl_1", "--dry-run"},
        {"dead-letters", "replay", "--dry-run"}})
    CHECK(parse("certes", wrong, {}).exit_code == kExitUsage);
}

TEST_CASE("Command line: audit takes its filters, and the tenant from the environment") {
  const auto audit = chosen<AuditOptions>({"audit", "--kind", "keys", "--id", "k", "--by", "admin", "--from",
                                           "2026-01-01T00:00:00Z", "--to", "2026-02-01T00:00:00Z", "--limit", "7"});
  CHECK(audit.kind == "keys");
  CHECK(audit.id == "k");
  CHECK(audit.by == "admin");
  CHECK(audit.from == "2026-01-01T00:00:00Z");
  CHECK(audit.to == "2026-02-01T00:00:00Z");
  CHECK(audit.limit == 7);
  CHECK(chosen<AuditOptions>({"audit"}).limit == 50);
  const Parsed parsed = parse("certes", {"audit"}, {{"CERTES_TENANT", "acme"}});
  REQUIRE(parsed.command.has_value());
  CHECK(std::get<AuditOptions>(*parsed.command).connection.tenant == "acme");
}

TEST_CASE("Command line: dead letters are replayed by id, endpoint or all together") {
  CHECK(chosen<DeadLetterOptions>({"dead-letters", "replay", "a", "b"}).ids == std::vector<std::string>{"a", "b"});
  CHECK(chosen<DeadLetterOptions>({"dead-letters", "replay", "--endpoint", "e"}).endpoint == "e");
  CHECK(chosen<DeadLetterOptions>({"dead-letters", "list", "--limit", "5"}).limit == 5);
  CHECK_FALSE(parse("certes", {"dead-letters", "replay"}, {}).command.has_value());
  CHECK_FALSE(parse("certes", {"dead-letters", "replay", "a", "--all"}, {}).command.has_value());
}

TEST_CASE("Command line: relay runs, or asks one that runs") {
  const auto relay = chosen<RelayRunOptions>(
      {"relay", "--data", "d", "--gateway-url", "http://g", "--key-file", "k", "--set", "relay.connections=2"});
  CHECK(relay.sources.flags ==
        Flags{{"relay.connections", "2"}, {"data", "d"}, {"relay.gateway_url", "http://g"}, {"relay.key_file", "k"}});
  CHECK(chosen<RelayControlOptions>({"relay", "status"}).url == "http://127.0.0.1:9630");
  const auto retry = chosen<RelayControlOptions>({"relay", "rejected", "retry", "3", "5"}, {{"CERTES_RELAY_URL", "r"}});
  CHECK(retry.action == "retry");
  CHECK(retry.url == "r");
  CHECK(retry.numbers == std::vector<std::int64_t>{3, 5});
  CHECK(chosen<RelayControlOptions>({"relay", "rejected", "drop", "--all"}).all);
  CHECK_FALSE(parse("certes", {"relay", "rejected", "drop"}, {}).command.has_value());
  CHECK_FALSE(parse("certes", {"relay", "rejected"}, {}).command.has_value());
}

TEST_CASE("Command line: what is wrong is told with the command's name, as a usage error") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{},
                                                {"srve"},
                                                {"serve", "--nothing"},
                                                {"send"},
                                                {"config"},
                                                {"serve", "--set", "x"},
                                                {"sources", "update", "a"},
                                                {"sources", "update", "a=1"},
                                                {"listen", "--priority", "urgent"}}) {
    const Parsed parsed = parse("certes", words, {});
    CAPTURE(parsed.text);
    CHECK_FALSE(parsed.command.has_value());
    CHECK(parsed.exit_code == kExitUsage);
    CHECK(parsed.text.starts_with("certes"));
  }
  CHECK(parse("certes", {"dead-letters", "show"}, {}).text.starts_with("certes dead-letters show: "));
}

TEST_CASE("Command line: help is no error") {
  const Parsed parsed = parse("certes", {"serve", "--help"}, {});
  CHECK_FALSE(parsed.command.has_value());
  CHECK(parsed.exit_code == kExitOk);
  CHECK(parsed.text.find("--print-ports") != std::string::npos);
}

TEST_CASE("Command line: the version is asked for in two ways") {
  chosen<VersionOptions>({"version"});
  chosen<VersionOptions>({"--version"});
}
