// Commands from record to result, in simulated time.
#include <doctest/doctest.h>

#include "dispatcher/core.hpp"
#include "tests/dispatcher/core/world.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EventKind;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

StateBuilder billing() {
  StateBuilder state;
  state.endpoint("billing").subscription("s1", "billing", "Billing.*").kind("s1", EventKind::command);
  state.endpoint("audit").subscription("s2", "audit", "#").kind("s2", EventKind::result);
  state.endpoint("mail").subscription("s3", "mail", "#");
  return state;
}

EventText command(std::int64_t offset = 0) {
  EventText text;
  text.type = "Billing.Charge";
  text.kind = "command";
  text.offset = offset;
  text.headers = {{"ce_conversationid", "conv-1"}};
  return text;
}

// A result of evt_1 as it stands on the log.
EventText result(std::int64_t offset, const std::string& rule = {}) {
  EventText text;
  text.id = "evt_2";
  text.type = "Billing.Charge.result";
  text.kind = "result";
  text.source = "urn:certes:default/results";
  text.client_id = "evt_1";
  text.offset = offset;
  text.headers = {{"ce_causeid", "evt_1"}};
  if (!rule.empty()) text.headers.emplace_back("certes-rule", rule);
  return text;
}

std::string header(const log::Record& record, std::string_view name) { return std::string(record.headers.get(name)); }

tests::KnownStates known_of_billing(const tests::KnownState& state) { return {{"billing", state}}; }

}  // namespace

TEST_CASE("Commands: one goes to its endpoint alone, and its answer is the result") {
  World world;
  world.use(billing());
  world.acknowledge_at_once = false;
  world.give(command());
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].url == "http://127.0.0.1/billing");
  CHECK(world.answer("billing", 200, {}, R"({"paid":true})"));
  REQUIRE(world.events.size() == 1);
  CHECK(world.event_origins[0] == dispatcher::Place{0, 0});
  CHECK(header(world.events[0], "ce_type") == "Billing.Charge.result");
  CHECK(header(world.events[0], "ce_causeid") == "evt_1");
  CHECK(header(world.events[0], "ce_conversationid") == "conv-1");
  CHECK(header(world.events[0], "ce_commandstatus") == "succeeded");
  CHECK(header(world.events[0], "content-type") == "application/json");
  CHECK(world.events[0].value == R"({"paid":true})");
  CHECK(world.attempts.empty());  // not before the result is on the log
  world.acknowledge_all();
  REQUIRE(world.attempts.size() == 1);
  CHECK(world.attempts[0].outcome == "delivered");
  CHECK(world.finished.empty());
  world.acknowledge_all();
  CHECK(world.finished.size() == 1);
  CHECK(world.answers == std::vector<std::string>{"succeeded"});
  CHECK(world.core->settled());
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Commands: one that is refused, or exhausts its policy, has an error as its result, then a dead letter") {
  for (const bool at_once : {true, false}) {
    World world;
    world.use(billing());
    world.give(command());
    world.core->run();
    if (at_once) REQUIRE(world.answer("billing", 422, {}, "no such card"));
    for (int attempt = 1; !at_once && attempt <= 5; ++attempt) {
      CHECK(world.events.empty());
      REQUIRE(world.answer("billing", 503));
      world.pass(Millis{10'001});
    }
    REQUIRE(world.events.size() == 1);
    CHECK(header(world.events[0], "ce_commandstatus") == "failed");
    CHECK(header(world.events[0], "certes-rule") == (at_once ? "status 422" : "max_attempts"));
    CHECK(world.events[0].value == (at_once ? R"({"error":"422","rule":"status 422","attempts":1,"status":422,)"
                                              R"("answer":"no such card"})"
                                            : R"({"error":"503","rule":"max_attempts","attempts":5,"status":503})"));
    REQUIRE(world.letters.size() == 1);
    CHECK(header(world.letters[0], "certes-kind") == "command");
    CHECK(world.finished.size() == 1);
    CHECK(world.core->gauges().memory_bytes == 0);
  }
}

TEST_CASE("Commands: 202 awaits the result that the service posts") {
  World world;
  world.use(billing());
  world.give(command());
  world.core->run();
  REQUIRE(world.answer("billing", 202));
  REQUIRE(world.attempts.size() == 1);
  CHECK(world.attempts[0].outcome == "awaiting");
  CHECK(world.attempts[0].next_at == world.clock.unix_millis() + 3'600'000);
  CHECK(world.events.empty());
  CHECK(world.core->gauges().memory_bytes > 0);
  world.pass(Millis{1'000'000});
  CHECK(world.finished.empty());
  world.acknowledge_at_once = false;
  world.give(result(1));
  world.core->run();
  CHECK(world.events.empty());
  CHECK(world.attempts.back().outcome == "delivered");
  world.acknowledge_at_once = true;
  world.acknowledge_all();
  CHECK(world.finished.contains({0, 0}));
  REQUIRE(world.flying.size() == 1);  // the result, to who subscribed to results
  CHECK(world.flying[0].url.ends_with("/audit"));
  REQUIRE(world.answer("audit", 200));
  CHECK(world.finished.contains({0, 1}));
}

TEST_CASE("Commands: no result is missed a fraction of a millisecond early, nor after it has come") {
  World world;
  world.use(billing());
  world.give(command());
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  world.pass(Millis{10'001});
  world.clock.fraction = std::chrono::microseconds{500};
  REQUIRE(world.answer("billing", 202));
  CHECK(world.core->gauges().oldest_waiting[static_cast<std::size_t>(registry::Priority::normal)] == 0);
  EventText other = command(1);
  other.id = "evt_other";
  world.give(other);
  world.core->run();
  REQUIRE(world.answer("billing", 202));
  world.give(result(2));
  world.core->run();
  CHECK(world.finished.contains({0, 0}));
  world.clock.fraction = std::chrono::microseconds{0};
  world.pass(Millis{3'600'000});
  CHECK(world.events.empty());
  world.pass(Millis{1});
  REQUIRE(world.events.size() == 1);
  CHECK(header(world.events[0], "ce_causeid") == "evt_other");
}

TEST_CASE("Commands: of two copies the end of one leaves the other its result") {
  World world;
  world.use(billing());
  world.give(command(0));
  world.give(command(1));
  world.core->run();
  REQUIRE(world.answer("billing", 200));
  REQUIRE(world.answer("billing", 202));
  CHECK(world.finished.size() == 1);
  world.give(result(2));
  world.core->run();
  CHECK(world.finished.contains({0, 0}));
  CHECK(world.finished.contains({0, 1}));
}

TEST_CASE("Commands: where no result comes in time, an error is the result") {
  World world;
  world.use(billing());
  world.give(command());
  world.core->run();
  REQUIRE(world.answer("billing", 202));
  world.pass(Millis{3'600'000 + 2});
  REQUIRE(world.events.size() == 1);
  CHECK(header(world.events[0], "ce_commandstatus") == "failed");
  CHECK(header(world.events[0], "certes-rule") == "no_result");
  CHECK(world.events[0].value == R"({"error":"no result came within 3600 s","rule":"no_result","attempts":1})");
  CHECK(world.letters.size() == 1);
  CHECK(world.finished.size() == 1);
  CHECK(world.core->gauges().memory_bytes == 0);
}

TEST_CASE("Commands: what awaits its result does so on the log where memory is short") {
  for (const bool answered : {true, false}) {
    CoreOptions options;
    options.memory_bytes = 1'044;
    World world(options);
    world.use(billing());
    world.give(command());
    world.core->run();
    REQUIRE(world.answer("billing", 202));
    CHECK(world.core->gauges().memory_bytes == 0);
    CHECK(world.core->gauges().retrying[static_cast<std::size_t>(registry::Priority::normal)] == 1);
    world.pass(Millis{1'000'000});
    if (answered) world.give(result(1));
    world.pass(Millis{2'700'000});
    CHECK(world.finished.contains({0, 0}));
    CHECK(world.attempts.back().outcome == (answered ? "delivered" : "awaiting"));
    REQUIRE(world.events.size() == (answered ? 0 : 1));
    if (!answered) CHECK(header(world.events[0], "certes-rule") == "no_result");
  }
}

TEST_CASE("Commands: a result that was read ends its command after a restart, too") {
  World world;
  world.use(billing());
  world.acknowledge_at_once = false;
  world.give(command());
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  world.give(result(1));
  world.core->run();
  World next;
  next.use(billing());
  next.stored = world.stored;
  next.run(0, std::move(world.indexes.at(0))).rebuild_calendar();
  next.core->run();
  next.core->run();
  CHECK(std::ranges::none_of(next.flying, [](const auto& one) { return one.url.ends_with("/billing"); }));
  CHECK(next.finished.contains({0, 0}));
  REQUIRE(next.attempts.size() == 1);
  CHECK(next.attempts[0].outcome == "delivered");
}

TEST_CASE("Commands: what becomes of the endpoint does not end one that awaits its result") {
  World world;
  auto state = billing();
  world.use(state);
  world.give(command());
  world.core->run();
  REQUIRE(world.answer("billing", 202));
  world.use(state.remove_subscription("s1").remove_endpoint("billing"));
  world.pass(Millis{1'000});
  CHECK(world.events.empty());
  world.give(result(1));
  world.core->run();
  CHECK(world.finished.contains({0, 0}));
}

TEST_CASE("Commands: a result that comes before the answer is the only one") {
  for (const int status : {202, 200, 500}) {
    World world;
    world.use(billing());
    world.give(command());
    world.core->run();
    world.give(result(1));
    world.core->run();
    REQUIRE(world.answer("billing", status));
    CHECK(world.events.empty());
    CHECK(world.letters.empty());
    CHECK(world.attempts.back().outcome == "delivered");
    CHECK(world.finished.contains({0, 0}));
  }
}

TEST_CASE("Commands: a result that comes while 202 is being recorded is not waited for") {
  World world;
  world.use(billing());
  world.give(command());
  world.core->run();
  world.acknowledge_at_once = false;
  REQUIRE(world.answer("billing", 202));
  world.give(result(1));
  world.core->run();
  world.acknowledge_at_once = true;
  world.acknowledge_all();
  CHECK(world.attempts.back().outcome == "delivered");
  CHECK(world.finished.contains({0, 0}));
  CHECK(world.events.empty());
}

TEST_CASE("Commands: only the tenant's results are results, and the first of them stands") {
  World world;
  world.use(billing());
  world.give(command());
  world.core->run();
  EventText other = result(1, "max_attempts");
  other.source = "urn:certes:default";
  world.give(other);
  world.give(result(2));
  world.give(result(3, "max_attempts"));
  world.core->run();
  REQUIRE(world.answer("billing", 500));
  CHECK(world.letters.empty());
  CHECK(world.attempts.back().outcome == "delivered");
}

TEST_CASE("Commands: a result that comes while the request is out ends one that is given back") {
  for (const bool failed : {false, true}) {
    World world;
    world.use(billing());
    world.give(command());
    world.core->run();
    world.give(result(1, failed ? "max_attempts" : ""));
    world.core->run();
    REQUIRE(world.give_back("billing", http::TransferError::unresolved, Millis{1'000}));
    CHECK(world.finished.contains({0, 0}));
    CHECK(world.outcomes("delivered") == (failed ? 0 : 1));
    CHECK(world.rules == (failed ? std::vector<std::string>{"failed_before"} : std::vector<std::string>{}));
  }
}

TEST_CASE(
    "Commands: one that is taken after Certes has said that it failed is delivered, one that fails again is not") {
  for (const int status : {200, 500}) {
    World world;
    world.use(billing());
    world.give(command());
    world.core->run();
    world.give(result(1, "max_attempts"));
    world.core->run();
    REQUIRE(world.answer("billing", status));
    CHECK(world.events.empty());
    CHECK(world.attempts.back().outcome == (status == 200 ? "delivered" : "dead_lettered"));
    CHECK(world.finished.contains({0, 0}));
  }
}

TEST_CASE("Commands: whoever takes one, or refuses it, works") {
  for (const int status : {202, 422}) {
    World world;
    world.use(billing());
    world.give(command());
    world.core->run();
    REQUIRE(world.answer("billing", status));
    CHECK(world.signs == std::vector<Sign>{Sign::works});
  }
}

TEST_CASE("Commands: after a crash the result that is on the log stands, and nothing is asked again") {
  World world;
  world.use(billing());
  world.give(command());
  world.give(result(1));
  world.core->run();
  CHECK(std::none_of(world.flying.begin(), world.flying.end(),
                     [](const auto& transfer) { return transfer.url.ends_with("/billing"); }));
  CHECK(world.events.empty());
  REQUIRE(world.attempts.size() == 1);
  CHECK(world.attempts[0].outcome == "delivered");
  CHECK(world.attempts[0].attempt == 1);
  CHECK(world.finished.contains({0, 0}));
}

TEST_CASE("Commands: after a crash a failure that is on the log gets its dead letter") {
  World world;
  world.use(billing());
  world.give(command());
  world.give(result(1, "max_attempts"));
  world.core->run();
  CHECK(world.events.empty());
  REQUIRE(world.letters.size() == 1);
  CHECK(header(world.letters[0], "certes-rule") == "max_attempts");
  CHECK(world.finished.contains({0, 0}));
}

TEST_CASE("Commands: after a crash one that awaited its result goes on waiting until the same time") {
  World world;
  world.use(billing());
  tests::KnownState state;
  state.attempts = 1;
  state.due = dispatcher::Due::result;
  state.next_at = world.clock.unix_millis() + 5'000;
  world.give(command(), known_of_billing(state));
  world.pass(Millis{4'999});
  CHECK(world.flying.empty());
  CHECK(world.events.empty());
  world.pass(Millis{2});
  REQUIRE(world.events.size() == 1);
  CHECK(header(world.events[0], "certes-rule") == "no_result");
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Commands: one whose delivery has ended is finished, whoever is bound to it now") {
  World world;
  StateBuilder state;
  state.endpoint("other").subscription("s1", "other", "Billing.#").kind("s1", EventKind::command);
  world.use(state);
  tests::KnownState done;
  done.done = true;
  world.give(command(), known_of_billing(done));
  world.core->run();
  CHECK(world.flying.empty());
  CHECK(world.events.empty());
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Commands: one that nobody takes any more fails") {
  for (const bool disabled : {true, false}) {
    World world;
    StateBuilder state = billing();
    if (disabled)
      state.in_state("billing", registry::EndpointState::disabled, world.clock.unix_millis());
    else
      state.remove_subscription("s1");
    world.clock.elapsed += Millis{1};
    world.use(state);
    world.give(command());
    world.core->run();
    REQUIRE(world.events.size() == 1);
    CHECK(header(world.events[0], "certes-rule") == "unbound");
    REQUIRE(world.letters.size() == 1);
    CHECK(header(world.letters[0], "certes-rule") == "unbound");
    CHECK(world.finished.size() == 1);
    CHECK(world.unmatched_count == 0);
  }
}

TEST_CASE("Commands: one that was tried, and that nobody takes any more, fails, and is not cancelled as well") {
  World world;
  world.use(StateBuilder());
  tests::KnownState tried;
  tried.attempts = 1;
  world.give(command(), known_of_billing(tried));
  world.core->run();
  CHECK(world.attempts.empty());
  CHECK(world.letters.size() == 1);
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Commands: what was delivered before leaves nothing on those that come to nothing") {
  World world;
  StateBuilder state = billing();
  state.subscription("s3", "mail", "#", registry::Priority::critical).remove_subscription("s1");
  world.use(state);
  world.give({});
  world.core->run();
  REQUIRE(world.answer("mail", 200));
  world.give(command(1));
  world.core->run();
  REQUIRE(world.letters.size() == 1);
  using registry::Priority;
  CHECK(world.ended_priorities == std::vector<Priority>{Priority::critical, Priority::normal});
}

TEST_CASE("Commands: of a deleted endpoint, those that wait fail; of a disabled one too") {
  for (const bool removed : {true, false}) {
    World world;
    auto state = billing();
    world.use(state);
    world.give(command());
    world.core->run();
    REQUIRE(world.answer("billing", 500));
    if (removed)
      state.remove_subscription("s1").remove_endpoint("billing");
    else
      state.in_state("billing", registry::EndpointState::disabled, world.clock.unix_millis());
    world.use(state);
    world.pass(Millis{1});
    REQUIRE(world.events.size() == 1);
    CHECK(header(world.events[0], "certes-rule") == (removed ? "cancelled" : "endpoint_disabled"));
    CHECK(world.finished.size() == 1);
  }
}

TEST_CASE("Commands: reply_to gets the result, signed, at its own URL, and 410 there disables nobody") {
  World world;
  const StateBuilder state = billing();
  world.use(state);
  EventText text = result(0);
  text.headers.emplace_back("certes-reply-to", "http://127.0.0.1/answers");
  world.give(text);
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  const auto reply = std::find_if(world.flying.begin(), world.flying.end(),
                                  [](const auto& transfer) { return transfer.url.ends_with("/answers"); });
  REQUIRE(reply != world.flying.end());
  CHECK(reply->tenant == "default");
  const auto webhooks = crypto::StandardWebhooks::make(world.sealer.derived_secrets("reply_to/default").front());
  CHECK(webhooks->verify(World::header(*reply, "webhook-id"), World::header(*reply, "webhook-timestamp"),
                         World::header(*reply, "webhook-signature"), reply->body, world.clock.unix_millis() / 1000,
                         300));
  world.use(state);  // no resource is needed for it to stay
  REQUIRE(world.answer("answers", 410));
  CHECK(world.disabled.empty());
  REQUIRE(world.letters.size() == 1);
  CHECK(header(world.letters[0], "certes-endpoint") == ":reply-to");
  REQUIRE(world.answer("audit", 200));
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Commands: replies have a timeout and a limit of their own") {
  CoreOptions options;
  options.reply_concurrency = 1;
  options.reply_timeout = Millis{3'000};
  World world(options);
  const StateBuilder state = billing();
  world.use(state);
  for (std::int64_t offset = 0; offset < 2; ++offset) {
    EventText text = result(offset);
    text.id = "evt_" + std::to_string(offset + 2);
    text.headers.emplace_back("certes-reply-to", "http://127.0.0.1/answers");
    world.give(text);
  }
  world.core->run();
  const auto is_reply = [](const auto& transfer) { return transfer.url.ends_with("/answers"); };
  CHECK(std::ranges::count_if(world.flying, is_reply) == 1);
  CHECK(std::ranges::find_if(world.flying, is_reply)->timeout == Millis{3'000});
  world.use(state);  // what waits needs no subscription in that state of the registry either
  REQUIRE(world.answer("answers", 200));
  world.core->run();
  CHECK(std::ranges::count_if(world.flying, is_reply) == 1);
}

TEST_CASE("Commands: a dead letter of reply_to is replayed to the same URL") {
  World world;
  world.use(billing());
  EventText text = result(0);
  text.headers.emplace_back("certes-reply-to", "http://127.0.0.1/answers");
  text.headers.emplace_back("certes-replay", "rpl_1");
  text.headers.emplace_back("certes-endpoint", ":reply-to");
  world.give(text);
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(world.flying[0].url.ends_with("/answers"));
}

TEST_CASE("Commands: a replayed one has a result of its own") {
  World world;
  world.use(billing());
  EventText text = command();
  text.headers.emplace_back("certes-replay", "rpl_1");
  text.headers.emplace_back("certes-endpoint", "billing");
  world.give(text);
  world.core->run();
  REQUIRE(world.answer("billing", 200));
  REQUIRE(world.events.size() == 1);
  CHECK(header(world.events[0], "ce_id") == "evt_1/rpl_1");
}

TEST_CASE("Commands: a result that the log does not take is shortened, and if that does not help the command stays") {
  World world;
  world.use(billing());
  world.event_limit = 600;
  world.give(command());
  world.core->run();
  REQUIRE(world.answer("billing", 200, {}, std::string(1'000, 'x')));
  REQUIRE(world.events.size() == 1);
  CHECK(world.events[0].value.empty());
  CHECK(header(world.events[0], "ce_commandcut") == "true");
  CHECK(world.finished.size() == 1);
  world.event_limit = 10;
  world.give(command(1));
  world.core->run();
  REQUIRE(world.answer("billing", 200));
  CHECK(world.finished.size() == 1);
  CHECK(world.problems.size() == 1);
  CHECK(world.core->settled());
}

TEST_CASE("Commands: a lost partition takes its commands along, at every stage") {
  for (const int stage : {0, 1, 2, 3}) {
    World world;
    world.use(billing());
    world.give(command());
    if (stage > 0) world.core->run();
    if (stage == 2) world.acknowledge_at_once = false;
    if (stage == 2) REQUIRE(world.answer("billing", 200));
    if (stage == 3) REQUIRE(world.answer("billing", 202));
    world.lose(0);
    world.answer_aborted();
    world.acknowledge_all();
    world.give(result(1));  // finds none
    CHECK(world.finished.empty());
    CHECK(world.core->settled());
  }
}

TEST_CASE(
    "Core: after a crash between the last attempt and its dead letter, the dead letter follows without another "
    "attempt") {
  World world;
  StateBuilder state;
  state.endpoint("billing").subscription("s1", "billing", "order.#");
  world.use(state);
  tests::KnownState known;
  known.attempts = 5;
  known.due = dispatcher::Due::dead_letter;
  known.rule = "max_attempts";
  known.error = "503";
  world.give({}, known_of_billing(known));
  world.core->run();
  CHECK(world.flying.empty());
  REQUIRE(world.letters.size() == 1);
  CHECK(header(world.letters[0], "certes-rule") == "max_attempts");
  CHECK(header(world.letters[0], "certes-error") == "503");
  CHECK(header(world.letters[0], "certes-attempts") == "5");
  CHECK(header(world.letters[0], "certes-delivery") == delivery_id("evt_1", "billing", {}));
  CHECK(world.finished.size() == 1);
}

TEST_CASE("Commands: a reply that could not be sent waits alone, as others go elsewhere") {
  World world;
  world.use(StateBuilder());
  for (const char* name : {"one", "two"}) {
    EventText text = result(world.next_offset);
    text.id = "evt_r" + std::to_string(world.next_offset++);
    text.client_id = text.id;
    text.headers.emplace_back("certes-reply-to", std::string("http://127.0.0.1/") + name);
    world.give(text);
  }
  world.core->run();
  REQUIRE(world.flying.size() == 2);
  REQUIRE(world.give_back("one", http::TransferError::unresolved, Millis{1'000}));
  CHECK(world.answer("two", 200));
  EventText third = result(world.next_offset);
  third.id = third.client_id = "evt_r3";
  third.headers.emplace_back("certes-reply-to", "http://127.0.0.1/three");
  world.give(third);
  world.core->run();
  REQUIRE(world.flying.size() == 1);
  CHECK(world.answer("three", 200));
  world.pass(Millis{1'001});
  REQUIRE(world.flying.size() == 1);
  CHECK(World::header(world.flying[0], "certes-attempt") == "1");
  CHECK(world.answer("one", 200));
  CHECK(world.finished.size() == 3);
}

TEST_CASE("Commands: one that was answered while it waited on the log is answered once, though its endpoint is gone") {
  for (const bool deleted : {false, true}) {
    CAPTURE(deleted);
    World world;
    auto state = billing();
    state.endpoint("billing", [](auto& endpoint) { endpoint.concurrency = 1; });
    world.use(state);
    world.picks_at_once = false;
    for (int i = 0; i < 40; ++i) {
      auto text = command(i);
      text.id = "evt_" + std::to_string(100 + i);
      world.give(text);
    }
    world.core->run();
    auto posted = result(40);
    posted.client_id = "evt_139";
    world.give(posted);
    world.core->run();
    state.remove_subscription("s1");
    if (deleted) state.remove_endpoint("billing");
    world.use(state);
    world.picks_at_once = true;
    world.serve_asked();
    for (int i = 0; i < 20; ++i) world.core->run();
    world.answer("billing", 200);
    for (int i = 0; i < 20; ++i) world.core->run();
    CHECK(world.events.size() == 39);
    for (const auto& event : world.events) CHECK(event.headers.get("ce_causeid") != "evt_139");
    CHECK(world.outcomes("delivered") >= 1);
    CHECK(world.core->open_deliveries("default/billing") == 0);
  }
}
