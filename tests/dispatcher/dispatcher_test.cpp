// The whole dispatcher: log, registry, sender and a receiver on loopback.
#include "dispatcher/dispatcher.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <set>

#include "common/event/command.hpp"
#include "common/event/stamp.hpp"
#include "common/questions/endpoint_stats.hpp"
#include "tests/dispatcher/fixture.hpp"
#include "tests/fakes/http_client.hpp"
#include "tests/fakes/http_eventually.hpp"

using namespace certes;
using namespace certes::tests;
using fakes::eventually;

namespace {

log::OffsetRange letters(Installation& installation) {
  return installation.cluster().range(log::Topic::dead_letters, 0);
}

// The last record that is a dead letter, not the beginning of a term.
log::RecordPtr letter(Installation& installation) {
  const auto range = letters(installation);
  for (auto offset = range.end; offset-- > range.start;)
    if (auto record = installation.cluster().at(log::Topic::dead_letters, 0, offset);
        record && record->headers.find(log::names::kRule))
      return record;
  return nullptr;
}

// Another member of the group, which has its partitions and does nothing with them.
struct Bystander final : log::MemberHandler {
  explicit Bystander(Installation& installation) : log(installation.another_log()), member(log->join(*this, [] {})) {}
  void on_assigned(const std::vector<std::int32_t>&) override {}
  void on_revoked(const std::vector<std::int32_t>&) override {}
  void on_lost(const std::vector<std::int32_t>&) override {}
  std::unique_ptr<log::Log> log;
  std::unique_ptr<log::Member> member;
};

}  // namespace

TEST_CASE("Dispatcher: an event arrives once, byte for byte and signed") {
  Receiver receiver([](const auto&, auto) { return status(204); });
  Installation installation;
  installation.endpoint("billing", receiver.url("billing"));
  installation.subscription("s1", "billing", "order.#");
  installation.start();
  installation.publish("evt_1", "order.created", "{ \"n\" : 1 }\n");
  const auto received = receiver.wait_for(1);
  REQUIRE(received.size() == 1);
  auto headers = received[0].headers;
  CHECK(received[0].body == "{ \"n\" : 1 }\n");
  CHECK(headers["content-type"] == "application/json");
  CHECK(headers["ce-type"] == "order.created");
  CHECK(headers["ce-id"] == "evt_1");
  CHECK(headers["ce-conversationid"] == "evt_1");
  CHECK(headers["certes-attempt"] == "1");
  CHECK(headers["traceparent"].size() == 55);
  const auto webhooks = crypto::StandardWebhooks::make(installation.secret());
  const SystemClock clock;
  CHECK(webhooks->verify(headers["webhook-id"], headers["webhook-timestamp"], headers["webhook-signature"],
                         received[0].body, clock.unix_millis() / 1000, 300));
  REQUIRE(eventually([&] { return !installation.trace().empty(); }));
  CHECK(installation.trace()[0].starts_with("order.created evt_1 → billing try 1: 204 in "));
  CHECK(installation.trace()[0].ends_with(" ms"));
  installation.stop();
  CHECK(installation.cluster().committed(0).offset == 1);
  const auto metrics = installation.metrics();
  CHECK(metrics.find("certes_endpoint_attempts_total{code_class=\"2xx\",endpoint=\"billing\",outcome=\"delivered\","
                     "tenant=\"default\"} 1") != std::string::npos);
  CHECK(metrics.find(
            "certes_endpoint_deliveries_total{endpoint=\"billing\",outcome=\"delivered\",tenant=\"default\"} 1") !=
        std::string::npos);
}

TEST_CASE("Dispatcher: is warm once it has taken over what it was given") {
  Installation installation;
  installation.start();
  CHECK(eventually([&] { return installation.dispatcher().warm(); }));
}

TEST_CASE("Dispatcher: knows whether something from before a time is open") {
  std::atomic<int> code{500};
  Receiver receiver([&](const auto&, auto) { return status(code); });
  Installation installation;
  installation.policy("quick", 0.05, 0);
  installation.endpoint("billing", receiver.url("billing"), "quick");
  installation.subscription("s1", "billing", "#");
  installation.start();
  const auto open = [&](std::int64_t after) {
    return installation.dispatcher().may_be_open_before(
        installation.cluster().at(log::Topic::events, 0, 0)->appended_at + after);
  };
  installation.publish("evt_1", "order.created");
  receiver.wait_for(2);
  REQUIRE(eventually([&] { return open(1) == true && open(0) == false; }));
  code = 204;
  CHECK(eventually([&] { return open(1) == false; }));
  installation.stop();
}

TEST_CASE("Dispatcher: until it has said what is open, something may be") {
  Receiver receiver([](const auto&, auto) { return status(500); });
  Installation installation;
  installation.policy("quick", 0.05, 0);
  installation.endpoint("billing", receiver.url("billing"), "quick");
  installation.subscription("s1", "billing", "#");
  installation.publish("evt_1", "order.created");
  const UnixMillis published = installation.cluster().at(log::Topic::events, 0, 0)->appended_at;
  for (int starts = 0; starts < 2; ++starts) {
    installation.start();
    CHECK(installation.dispatcher().may_be_open_before(published + 1) == true);
    receiver.wait_for(receiver.wait_for(0).size() + 1);
    CHECK(installation.dispatcher().may_be_open_before(published + 1) == true);
    installation.stop();
  }
}

TEST_CASE("Dispatcher: where others have partitions for good, it cannot say what is open") {
  log::memory::Options options;
  options.session_timeout = Millis{100};
  Installation installation(options);
  Bystander other(installation);
  installation.start();
  CHECK(eventually([&] { return !installation.dispatcher().may_be_open_before(1); }));
  installation.stop();
}

TEST_CASE("Dispatcher: a failure is tried again with a new signature, and the trace says when") {
  Receiver receiver([](const auto&, std::size_t number) { return status(number == 0 ? 500 : 200); });
  Installation installation;
  installation.policy("quick", 0.05, 5);
  installation.endpoint("billing", receiver.url("billing"), "quick");
  installation.subscription("s1", "billing", "#");
  installation.start();
  installation.publish("evt_1", "order.created");
  auto received = receiver.wait_for(2);
  REQUIRE(received.size() == 2);
  CHECK(received[1].headers["certes-attempt"] == "2");
  CHECK(received[0].headers["certes-delivery"] == received[1].headers["certes-delivery"]);
  CHECK(received[0].headers["traceparent"] != received[1].headers["traceparent"]);
  REQUIRE(eventually([&] { return installation.trace().size() == 2; }));
  CHECK(installation.trace()[0].find(" try 1: 500 in ") != std::string::npos);
  CHECK(installation.trace()[0].ends_with(" ms, next in 0.05 s"));
  installation.stop();
}

TEST_CASE("Dispatcher: the trace says of an event that nobody takes it") {
  Installation installation;
  installation.policy("quick", 0.05, 5);  // a registry that never held a record is not believed beside events
  installation.start();
  installation.publish("evt_1", "order.created");
  REQUIRE(eventually([&] { return !installation.trace().empty(); }));
  CHECK(installation.trace()[0] == "order.created evt_1 → nobody: no subscription takes it");
  installation.stop();
}

TEST_CASE("Dispatcher: an exhausted delivery is on the log as a dead letter") {
  Receiver receiver([](const auto&, auto) { return status(503); });
  Installation installation;
  installation.policy("quick", 0.01, 3);
  installation.endpoint("billing", receiver.url("billing"), "quick");
  installation.subscription("s1", "billing", "#");
  installation.start();
  installation.publish("evt_1", "order.created", "payload");
  REQUIRE(eventually([&] { return letter(installation) != nullptr; }));
  installation.stop();
  const auto record = letter(installation);
  CHECK(record->value == "payload");
  CHECK(record->headers.get(log::names::kRule) == "max_attempts");
  CHECK(record->headers.get(log::names::kAttempts) == "3");
  CHECK(record->headers.get(log::names::kEndpoint) == "billing");
  CHECK(record->headers.get(log::names::kError) == "503");
  CHECK(receiver.wait_for(3).size() == 3);
  CHECK(installation.cluster().committed(0).offset == 1);
}

TEST_CASE("Dispatcher: a command's result says how far the registry was followed") {
  Receiver receiver([](const auto&, auto) { return status(200); });
  Installation installation;
  installation.endpoint("billing", receiver.url("billing"));
  registry::Subscription takes;
  takes.id = "s1";
  takes.endpoint = "billing";
  takes.kind = registry::EventKind::command;
  takes.pattern = "Billing.*";
  installation.put(takes);
  event::Event command;
  command.kind = "command";
  command.type = "Billing.Charge";
  command.id = command.client_id = command.conversation_id = "evt_1";
  command.source = event::command_source(command.tenant);
  installation.cluster().put(log::Topic::events, 0, event::to_record(std::move(command)));
  installation.start();
  REQUIRE(eventually([&] { return installation.cluster().range(log::Topic::events, 0).end == 2; }));
  const auto result = installation.cluster().at(log::Topic::events, 0, 1);
  CHECK(result->headers.get("certes-kind") == "result");
  CHECK(event::stamp_of(*result) == installation.registry().position());
}

TEST_CASE("Dispatcher: 410 disables the endpoint in the registry") {
  Receiver receiver([](const auto&, auto) { return status(410); });
  Installation installation;
  installation.endpoint("billing", receiver.url("billing"));
  installation.subscription("s1", "billing", "#");
  installation.start();
  installation.publish("evt_1", "order.created");
  REQUIRE(eventually([&] {
    return installation.registry().state()->endpoint("default", "billing")->state == registry::EndpointState::disabled;
  }));
  CHECK(installation.registry().state()->endpoint("default", "billing")->disabled_reason == "gone");
  REQUIRE(eventually([&] { return letter(installation) != nullptr; }));
  CHECK(letter(installation)->headers.get(log::names::kRule) == "gone");
  installation.stop();
}

TEST_CASE("Dispatcher: a change of an endpoint is heeded though no event comes") {
  Receiver receiver([](const auto&, auto) { return status(500); });
  Installation installation;
  installation.policy("slow", 600, 5);
  installation.endpoint("billing", receiver.url("billing"), "slow");
  installation.subscription("s1", "billing", "#");
  installation.start();
  installation.publish("evt_1", "order.created");
  REQUIRE(eventually([&] { return installation.trace().size() == 1; }));
  registry::Endpoint disabled = *installation.registry().state()->endpoint("default", "billing");
  disabled.state = registry::EndpointState::disabled;
  disabled.disabled_reason = "user";
  installation.put(disabled);
  REQUIRE(eventually([&] { return letter(installation) != nullptr; }));
  CHECK(letter(installation)->headers.get(log::names::kRule) == "endpoint_disabled");
  installation.stop();
  CHECK(installation.cluster().committed(0).offset == 1);
}

TEST_CASE("Dispatcher: it goes by the registry of a log that was replaced by a shorter one") {
  Receiver receiver([](const auto&, auto) { return status(200); });
  Installation installation;
  installation.policy("any", 1, 5);
  installation.endpoint("billing", receiver.url("billing"));
  installation.subscription("s1", "billing", "#");
  installation.start();
  installation.publish("evt_1", "order.created");
  REQUIRE(receiver.wait_for(1).size() == 1);
  installation.cluster().cut(log::Topic::registry, 0, 1);  // not to nothing, which is not believed beside events
  installation.endpoint("mail", receiver.url("mail"));
  installation.subscription("s2", "mail", "#");
  installation.publish("evt_2", "order.created");
  const auto received = receiver.wait_for(2);
  REQUIRE(received.size() == 2);
  CHECK(received[1].path == "/mail");
  CHECK(received[1].headers.at("ce-id") == "evt_2");
  installation.stop();
}

TEST_CASE("Dispatcher: a waiting retry survives a restart, with its number") {
  Receiver receiver([](const auto&, std::size_t number) { return status(number == 0 ? 500 : 200); });
  Installation installation;
  installation.policy("slow", 0.3, 5);
  installation.endpoint("billing", receiver.url("billing"), "slow");
  installation.subscription("s1", "billing", "#");
  installation.start();
  installation.publish("evt_1", "order.created");
  REQUIRE(eventually([&] { return installation.trace().size() == 1; }));
  installation.stop();
  installation.start();
  auto received = receiver.wait_for(2);
  REQUIRE(received.size() == 2);
  CHECK(received[1].headers["certes-attempt"] == "2");
  installation.stop();
  CHECK(installation.cluster().committed(0).offset == 1);
}

TEST_CASE("Dispatcher: a thousand events to three endpoints arrive once each, over a restart") {
  Receiver receiver([](const auto& one, std::size_t) { return status(one.path == "/mail" ? 202 : 200); });
  Installation installation;
  for (const auto* id : {"billing", "mail", "audit"}) {
    installation.endpoint(id, receiver.url(id));
    installation.subscription(std::string("s-") + id, id, "order.*");
  }
  installation.start();
  for (int i = 0; i < 500; ++i) installation.publish("evt_" + std::to_string(i), "order.created");
  receiver.wait_for(300);
  installation.stop();
  for (int i = 500; i < 1'000; ++i) installation.publish("evt_" + std::to_string(i), "order.created");
  installation.start();
  const auto received = receiver.wait_for(3'000);
  installation.stop();
  std::set<std::pair<std::string, std::string>> once;
  for (const auto& one : received) CHECK(once.emplace(one.path, one.headers.at("webhook-id")).second);
  CHECK(once.size() == 3'000);
  CHECK(installation.cluster().committed(0).offset == 1'000);
}

TEST_CASE("Dispatcher: says on its listener how it is") {
  Installation installation;
  installation.start();
  const auto address = installation.dispatcher().address();
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
  const auto get = [&](const std::string& path) {
    fakes::RawClient client(port);
    client.send("GET " + path + " HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    return client.answer();
  };
  CHECK(get("/health/live").status == 200);
  fakes::eventually([&] { return get("/health/ready").status == 200; });
  REQUIRE_MESSAGE(get("/health/ready").status == 200, get("/health/ready").body);
  const auto metrics = get("/metrics");
  CHECK(metrics.status == 200);
  CHECK(metrics.body.find("certes_dispatcher_waiting{priority=\"critical\",where=\"memory\"}") != std::string::npos);
  installation.stop();
}

TEST_CASE("Dispatcher: what it is asked it answers for all its partitions, and what it does not know never") {
  Installation installation;
  installation.endpoint("paused", "http://127.0.0.1:1/");
  installation.start();
  const auto ask = [&](std::string kind) {
    const auto answered = std::make_shared<std::promise<questions::Answer>>();
    installation.dispatcher().ask({"qst_1", std::move(kind), "default", "paused", 0, "api-1"},
                                  [answered](questions::Answer answer) { answered->set_value(std::move(answer)); });
    return answered;
  };
  const auto covers_all = [&] {
    auto answer = ask("endpoint-stats")->get_future();
    try {
      const questions::Answer said = answer.get();
      CHECK(said.question == "qst_1");
      CHECK(said.from.empty());
      CHECK(questions::endpoint_stats_of(said.value).has_value());
      return said.partitions.size() == static_cast<std::size_t>(installation.another_log()->partitions());
    } catch (const std::future_error&) {
      return false;  // it was asked too often
    }
  };
  CHECK(fakes::eventually(covers_all));
  ask("weather");
  // Answered later, so that the other was looked at before.
  REQUIRE(ask("endpoint-stats")->get_future().wait_for(kLong) == std::future_status::ready);
  CHECK(installation.metrics().find("certes_dispatcher_questions_total{outcome=\"unknown\"} 1") != std::string::npos);
  installation.stop();
}
