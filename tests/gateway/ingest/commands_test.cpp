// Commands at the gateway, over a log in memory that can be read: what the dispatcher would do is put there by hand.
#include <doctest/doctest.h>

#include "common/event/command.hpp"
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;
namespace names = certes::log::names;

namespace {

class Commands {
 public:
  explicit Commands(std::int32_t partitions = 3)
      : cluster(log::memory::make_cluster({.partitions = partitions})),
        sealer(*crypto::Sealer::make({crypto::Sealer::new_key()})),
        addresses_(*http::AddressPolicy::make({})),
        log_(made()),
        registry(*log_, clock) {
    settings.dev = true;
    settings.gateway.listen = "127.0.0.1:0";
    settings.commands.search_timeout = Millis{20'000};
    gateway = std::make_unique<gateway::Gateway>(
        gateway::Dependencies{settings, *log_, registry, sealer, metrics, clock, addresses_});
    REQUIRE(gateway->start());
    REQUIRE(eventually([this] { return registry.caught_up(); }));
    declare("endpoints", "billing", {{"url", "http://example.com/"}});
    declare("subscriptions", "s1", {{"endpoint", "billing"}, {"kind", "command"}, {"pattern", "Billing.*"}});
  }
  ~Commands() { gateway->stop(Millis{0}); }

  void declare(const std::string& kind, const std::string& id, const Json& body,
               const std::string& tenant = "default") {
    registry::Change change;
    change.kind = kind;
    change.tenant = tenant;
    change.id = id;
    change.body = body.dump();
    change.envelope.state = body.value("state", "");
    const auto decided = registry.propose(change, Millis{20'000});
    REQUIRE_MESSAGE(decided, decided.error().message);
  }
  std::string key(const std::string& id, const Json& scopes, const std::string& tenant = "default") {
    std::string text = crypto::new_api_key();
    declare("keys", id, {{"hash", crypto::hash_api_key(text)}, {"scopes", scopes}}, tenant);
    return text;
  }
  fakes::Answer ask(std::string_view method, std::string_view target, std::string_view body = {},
                    Headers headers = {{"Content-Type", "application/json"}}) const {
    const std::string address = gateway->address();
    fakes::RawClient client(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    REQUIRE(client.send(request_text(method, target, headers, body)));
    return client.answer();
  }
  std::string give(std::string_view body = R"({"data":1})") const {
    const auto answer = ask("POST", "/commands/Billing.Charge", body);
    REQUIRE(answer.status == 202);
    return json_of(answer)["id"];
  }
  // Where the record with that certes-id stands.
  log::RecordPtr find(const std::string& id) const {
    for (std::int32_t partition = 0; partition < log_->partitions(); ++partition) {
      const auto range = cluster->range(log::Topic::events, partition);
      for (auto offset = range.start; offset < range.end; ++offset)
        if (auto record = cluster->at(log::Topic::events, partition, offset);
            record && record->headers.get(names::kId) == id)
          return record;
    }
    return nullptr;
  }
  void answer(const std::string& id, event::CommandResult result) const {
    const auto command = find(id);
    REQUIRE(command);
    cluster->put(log::Topic::events, command->partition,
                 event::result_record(*command, id, std::move(result), "evt_" + id.substr(5) + "R", 1));
  }
  void attempt(const std::string& id, int number, std::int64_t term = 1) const {
    log::Record record;
    record.headers.add(names::kId, id);
    record.headers.add(names::kAttempt, std::to_string(number));
    record.headers.add(names::kTerm, std::to_string(term));
    cluster->put(log::Topic::attempts, find(id)->partition, std::move(record));
  }

  std::shared_ptr<log::memory::Cluster> cluster;
  config::Settings settings;
  crypto::Sealer sealer;
  SystemClock clock;
  metrics::Metrics metrics;

 private:
  std::unique_ptr<log::Log> made() const {
    auto log = log::memory::make(cluster);
    REQUIRE(log->prepare());
    return log;
  }
  http::AddressPolicy addresses_;
  std::unique_ptr<log::Log> log_;

 public:
  registry::Registry registry;
  std::unique_ptr<gateway::Gateway> gateway;
};

}  // namespace

TEST_CASE("Commands at the gateway: one is a record of its kind where its id says") {
  Commands world;
  const auto id = world.give(R"({"data":{"n":1},"reply_to":"https://example.com/r","cause_id":"evt_0"})");
  const auto record = world.find(id);
  REQUIRE(record);
  const auto& headers = record->headers;
  CHECK(record->partition == event::command_partition(id, 3));
  CHECK(record->value == R"({"n":1})");
  CHECK(headers.get(names::kKind) == "command");
  CHECK(headers.get("ce_type") == "Billing.Charge");
  CHECK(headers.get("ce_source") == "urn:certes:default/commands");
  CHECK(headers.get("ce_conversationid") == id);
  CHECK(headers.get("ce_causeid") == "evt_0");
  CHECK(headers.get(names::kReplyTo) == "https://example.com/r");
  CHECK(headers.get("content-type") == "application/json");
}

TEST_CASE("Commands at the gateway: one with the client's id stands where a repeat will, and is found") {
  Commands world(12);
  for (int i = 0; i < 20; ++i) {
    const std::string own = "c-" + std::to_string(i);
    const auto id = world.give(R"({"data":1,"id":")" + own + R"("})");
    const auto record = world.find(id);
    REQUIRE(record);
    CHECK(record->partition == event::command_partition(own, 12));
    CHECK(record->partition == event::command_partition(id, 12));
    CHECK(json_of(world.ask("GET", "/commands/" + id))["status"] == "accepted");
    const auto again = json_of(world.ask("POST", "/commands/Billing.Charge", R"({"data":1,"id":")" + own + R"("})"));
    CHECK(again["id"] == id);
    CHECK(again["duplicate"] == true);
  }
}

TEST_CASE("Commands at the gateway: an Idempotency-Key brings the first answer again, and each command has its own") {
  Commands world(12);
  const Headers keyed{{"Content-Type", "application/json"}, {"Idempotency-Key", "k-1"}};
  const auto give = [&](const std::string& name, const std::string& body) {
    return world.ask("POST", "/commands/" + name, body, keyed);
  };
  const auto first = give("Billing.Charge", R"({"data":1})");
  REQUIRE(first.status == 202);
  const std::string id = json_of(first)["id"];
  const auto record = world.find(id);
  REQUIRE(record);
  CHECK(record->headers.get("ce_id").starts_with("idk_"));
  CHECK(record->partition == event::command_partition(record->headers.get("ce_id"), 12));
  CHECK(record->partition == event::command_partition(id, 12));
  const auto again = give("Billing.%43harge", R"({"data":1})");
  CHECK(again.status == 202);
  CHECK(again.body == first.body);
  CHECK(again.has("Idempotency-Replayed: true"));
  CHECK(give("Billing.Charge", R"({"data":2})").status == 422);
  const auto other = give("Billing.Refund", R"({"data":1})");
  CHECK(other.status == 202);
  CHECK(json_of(other)["id"] != id);
  // An event under the same key is something else.
  const auto published = world.ask("POST", "/events", R"({"type":"t","data":1})", keyed);
  CHECK(published.status == 202);
  CHECK_FALSE(published.has("Idempotency-Replayed"));
  CHECK(json_of(world.ask("GET", "/commands/" + id))["status"] == "accepted");
}

TEST_CASE("Commands at the gateway: a refused command does not take its Idempotency-Key") {
  Commands world;
  const auto give = [&](const std::string& key, std::string_view body) {
    return world.ask("POST", "/commands/Billing.Charge", body,
                     {{"Content-Type", "application/json"}, {"Idempotency-Key", key}});
  };
  CHECK(give("k-1", R"({"dat":1})").status == 400);
  CHECK(give("k-1", R"({"data":1})").status == 202);
  const auto malformed = give("a,b", R"({"data":1})");
  CHECK(malformed.status == 400);
  CHECK(json_of(malformed)["pointer"] == "idempotency-key");
}

TEST_CASE("Commands at the gateway: what is refused, and where it is at fault") {
  Commands world;
  struct {
    const char *target, *body;
    int status;
    const char* pointer;
  } const rows[] = {
      {"/commands/Billing", R"({"data":1})", 400, "command"},
      {"/commands/certes.Billing", R"({"data":1})", 400, "command"},
      {"/commands/Billing.%2e", R"({"data":1})", 400, "command"},
      {"/commands/Shipping.Send", R"({"data":1})", 404, nullptr},
      {"/commands/Billing.Charge", R"({})", 400, "/data"},
      {"/commands/Billing.Charge", R"({"data":1,"reply_to":"http://127.0.0.1/"})", 400, "/reply_to"},
      {"/commands/Billing.Charge", R"({"data":1,"reply_to":"http://a b/"})", 400, "/reply_to"},
      {"/commands/Billing.Charge", "[1]", 400, nullptr},
  };
  for (const auto& row : rows) {
    CAPTURE(row.target);
    CAPTURE(row.body);
    const auto answer = world.ask("POST", row.target, row.body);
    CHECK(answer.status == row.status);
    const auto json = json_of(answer);
    CHECK(json.value("pointer", std::string()) == (row.pointer ? row.pointer : ""));
  }
  CHECK(world.ask("POST", "/commands/Billing.Charge", "a=b", {{"Content-Type", "text/plain"}}).status == 415);
  world.declare("endpoints", "billing", {{"url", "http://example.com/"}, {"state", "disabled"}});
  CHECK(world.ask("POST", "/commands/Billing.Charge", R"({"data":1})").status == 404);
}

TEST_CASE("Commands at the gateway: its state follows attempts, and its result") {
  Commands world;
  const auto id = world.give();
  const std::string target = "/commands/" + id;
  auto state = json_of(world.ask("GET", target));
  CHECK(state["status"] == "accepted");
  CHECK(state["command"] == "Billing.Charge");
  CHECK(state["attempts"] == 0);
  world.attempt(id, 1, 2);
  world.attempt(id, 9, 1);  // void: of an owner before
  state = json_of(world.ask("GET", target));
  CHECK(state["status"] == "running");
  CHECK(state["attempts"] == 1);
  world.answer(id, {true, true, "application/json", R"({"a":[1,2]})", {}, {}});
  world.answer(id, {false, false, {}, "the second of its name", {}, {}});
  state = json_of(world.ask("GET", target));
  CHECK(state["status"] == "succeeded");
  CHECK(state["result"]["data"]["a"] == Json::array({1, 2}));
  CHECK(state["result"]["cut"] == true);
}

TEST_CASE("Commands at the gateway: a result is shown as JSON, text or base64") {
  Commands world;
  struct {
    const char *type, *data, *member;
    Json shown;
  } const rows[] = {
      {"application/json", "7", "data", 7},
      {"application/json", "{", "text", "{"},
      {"text/plain", "done", "text", "done"},
      {"application/octet-stream", "\xff", "data_base64", "/w=="},
  };
  for (const auto& row : rows) {
    const auto id = world.give();
    world.answer(id, {false, false, row.type, row.data, {}, {}});
    const auto state = json_of(world.ask("GET", "/commands/" + id));
    CHECK(state["status"] == "failed");
    CHECK(state["result"]["content_type"] == row.type);
    CHECK(state["result"][row.member] == row.shown);
  }
}

TEST_CASE("Commands at the gateway: a result nested without end is shown as text, and no number is rounded") {
  Commands world;
  const std::string deep = std::string(80'000, '[') + std::string(80'000, ']');
  const std::string first = world.give(), second = world.give();
  world.answer(first, {true, false, "application/json", deep, "", ""});
  world.answer(second, {true, false, "application/json", R"({"n":12345678901234567890123, "m":0.10})", "", ""});
  CHECK(json_of(world.ask("GET", "/commands/" + first))["result"]["text"] == deep);
  CHECK(world.ask("GET", "/commands/" + second).body.find(R"("data":{"n":12345678901234567890123, "m":0.10})") !=
        std::string::npos);
}

TEST_CASE("Commands at the gateway: a service posts its result, once") {
  Commands world;
  const auto id = world.give(R"({"data":1,"conversation_id":"k"})");
  const std::string target = "/commands/" + id + "/result";
  CHECK(world.ask("POST", target + "?status=maybe", "1").status == 400);
  const auto first = world.ask("POST", target, "done", {{"Content-Type", "text/plain"}});
  CHECK(first.status == 202);
  const std::string result_id = json_of(first)["id"];
  const auto record = world.find(result_id);
  REQUIRE(record);
  CHECK(record->partition == world.find(id)->partition);
  CHECK(record->value == "done");
  CHECK(record->headers.get(names::kKind) == "result");
  CHECK(record->headers.get("ce_id") == id);
  CHECK(record->headers.get("ce_causeid") == id);
  CHECK(record->headers.get("ce_conversationid") == "k");
  CHECK(record->headers.get("ce_commandstatus") == "succeeded");
  const auto again = json_of(world.ask("POST", target, "otherwise"));
  CHECK(again["id"] == result_id);
  CHECK(again["duplicate"] == true);
  CHECK(json_of(world.ask("GET", "/commands/" + id))["result"]["text"] == "done");
}

TEST_CASE("Commands at the gateway: a result after Certes has given up is refused") {
  Commands world;
  const auto id = world.give();
  world.answer(id, {false, false, "application/json", "{}", "no_result", "no result came"});
  const auto answer = world.ask("POST", "/commands/" + id + "/result", "late");
  CHECK(answer.status == 409);
  CHECK(json_of(answer)["detail"].get<std::string>().find("no result came") != std::string::npos);
}

TEST_CASE("Commands at the gateway: ids that are none, and another tenant's commands, are not found") {
  Commands world;
  for (const char* id : {"x", "evt_1", "evt_01KAJ500000000000000000000", "evt_01KAJ50000000000000000000!"}) {
    CHECK(world.ask("GET", std::string("/commands/") + id).status == 404);
    CHECK(world.ask("POST", std::string("/commands/") + id + "/result", "1").status == 404);
  }
  world.declare("tenants", "acme", Json::object());
  const Headers acme = {{"Content-Type", "application/json"},
                        {"Authorization", "Bearer " + world.key("k", {"commands:read", "commands:write"}, "acme")}};
  const auto id = world.give();
  CHECK(world.ask("GET", "/commands/" + id, {}, acme).status == 404);
  CHECK(world.ask("POST", "/commands/" + id + "/result", "1", acme).status == 404);
  CHECK(world.ask("POST", "/commands/Billing.Charge", R"({"data":1})", acme).status == 404);
}

TEST_CASE("Commands at the gateway: each needs its scope") {
  Commands world;
  const auto id = world.give();
  const auto with = [&](const std::string& name, const std::string& scope) {
    return Headers{{"Content-Type", "application/json"}, {"Authorization", "Bearer " + world.key(name, {scope})}};
  };
  const auto reader = with("reader", "commands:read");
  const auto writer = with("writer", "commands:write");
  CHECK(world.ask("GET", "/commands/" + id, {}, reader).status == 200);
  CHECK(world.ask("GET", "/commands/" + id, {}, writer).status == 403);
  CHECK(world.ask("POST", "/commands/Billing.Charge", R"({"data":1})", reader).status == 403);
  CHECK(world.ask("POST", "/commands/" + id + "/result", "1", reader).status == 403);
  CHECK(world.ask("POST", "/commands/reply-secret", {}, reader).status == 403);
  const auto secret = world.ask("POST", "/commands/reply-secret", {}, writer);
  CHECK(json_of(secret)["secret"] == world.sealer.derived_secrets("reply_to/default").front());
  CHECK(world.ask("GET", "/commands/" + id, {}, {{"Authorization", "Bearer certes_no"}}).status == 401);
}

TEST_CASE("Commands at the gateway: a result cannot be published as an event") {
  Commands world;
  const auto answer =
      world.ask("POST", "/events", R"({"type":"a.b","data":1,"id":"evt_1","source":"urn:certes:default/results"})");
  CHECK(answer.status == 403);
  CHECK(json_of(answer)["pointer"] == "/source");
}

TEST_CASE("Commands at the gateway: they and their results keep how often they have been here") {
  Commands world;
  const auto with_hops = [](const char* hops) {
    return Headers{{"Content-Type", "application/json"}, {"certes-hops", hops}};
  };
  const auto given = world.ask("POST", "/commands/Billing.Charge", R"({"data":1})", with_hops("5"));
  REQUIRE(given.status == 202);
  const std::string id = json_of(given)["id"];
  CHECK(world.find(id)->headers.get("certes-hops") == "5");
  const auto posted = world.ask("POST", "/commands/" + id + "/result", "{}", with_hops("2"));
  REQUIRE(posted.status == 202);
  CHECK(world.find(json_of(posted)["id"])->headers.get("certes-hops") == "5");
}

TEST_CASE("Commands at the gateway: one that comes round too often is refused, and so is a result") {
  Commands world;
  const auto id = world.give();
  for (const auto& target : {std::string("/commands/Billing.Charge"), "/commands/" + id + "/result"}) {
    CAPTURE(target);
    const auto ask = [&](const char* hops) {
      return world.ask("POST", target, R"({"data":1})", {{"Content-Type", "application/json"}, {"certes-hops", hops}});
    };
    CHECK(ask("9").status == 508);
    CHECK(ask("-9").status == 400);
  }
  CHECK(json_of(world.ask("GET", "/commands/" + id))["status"] == "accepted");
}

TEST_CASE("Commands: what would take a loop long to read is read apart, and answered as the rest") {
  Commands commands;
  std::string numbers = "1";
  for (int i = 0; i < 20'000; ++i) numbers += ",1.234567890123456789e-300";
  const auto answered = [&](const std::string& data) {
    const auto good = commands.ask("POST", "/commands/Billing.Charge",
                                   R"({"id":")" + data.substr(0, 8) + R"(","data":[)" + data + "]}");
    const auto cut = commands.ask("POST", "/commands/Billing.Charge", R"({"data":[)" + data);
    const auto unknown = commands.ask("POST", "/commands/Billing.Charge", R"({"data":[)" + data + R"(],"x":1})");
    const auto untaken = commands.ask("POST", "/commands/Nobody.Does", R"({"data":[)" + data + "]}");
    return std::vector<std::pair<int, Json>>{{good.status, json_of(good)["status"]},
                                             {cut.status, json_of(cut)["type"]},
                                             {unknown.status, json_of(unknown)["pointer"]},
                                             {untaken.status, json_of(untaken)["detail"]}};
  };
  const auto small = answered("1"), big = answered(numbers);
  CHECK(small == big);
  CHECK(small[0].first == 202);
  CHECK(small[2] == std::pair<int, Json>{400, "/x"});
  CHECK(commands.metrics.text().find(R"(certes_gateway_heavy_total{outcome="done"} 3)") != std::string::npos);
}
