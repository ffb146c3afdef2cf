#include "client/pipeline.hpp"

#include <doctest/doctest.h>

#include <atomic>

#include "tests/client/fake_gateway.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::client;
using test::answering;
using test::FakeGateway;

namespace {

constexpr Millis kSoon{10'000};  // a bound, not a time: what is waited for comes long before

Item item(const std::string& id, const std::string& key = "") {
  Item made;
  made.id = id;
  made.key = key;
  made.type = "a.b";
  made.body = "{\"id\":\"" + id + "\"}";
  return made;
}

Policies quick(std::uint32_t max_attempts = 0) {
  Policies policies;
  policies.global.strategy = backoff::Policy::Strategy::constant;
  policies.global.base_seconds = 0.001;
  policies.global.jitter = backoff::Policy::Jitter::none;
  policies.global.max_attempts = max_attempts;
  return policies;
}

std::unique_ptr<Spool> file(const test::TemporaryDirectory& directory) {
  auto spool = open_file_spool(directory.file("spool"));
  REQUIRE_MESSAGE(spool.has_value(), spool.error().message);
  return std::move(*spool);
}

struct Ends {
  std::function<void(const Ended&)> taker() {
    return [this](const Ended& ended) {
      const std::lock_guard lock(mutex);
      all.push_back(ended);
    };
  }
  std::mutex mutex;
  std::vector<Ended> all;  // guarded by mutex
};

const SystemClock kClock;

}  // namespace

TEST_CASE("Pipeline: what is published reaches the gateway, and its end is told") {
  FakeGateway gateway(answering(202, "{}"));
  Ends ends;
  PipelineOptions options;
  options.on_end = ends.taker();
  Pipeline pipeline(make_memory_spool(), options, kClock, nullptr);
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  REQUIRE(pipeline.publish({item("a")}).has_value());
  CHECK(pipeline.wait_until_sent(kSoon));
  CHECK(gateway.bodies() == std::vector<std::string>{R"({"id":"a"})"});
  CHECK(pipeline.close(Millis{0}) == 0);
  REQUIRE(ends.all.size() == 1);
  CHECK(ends.all[0].accepted);
  CHECK(ends.all[0].id == "a");
  CHECK(ends.all[0].answer == "{}");
}

TEST_CASE("Pipeline: sends again with the same id until the gateway accepts") {
  std::atomic<int> failures{5};
  FakeGateway gateway([&](const Post& post) { return answering(failures-- > 0 ? 503 : 202)(post); });
  Pipeline pipeline(make_memory_spool(), {}, kClock, nullptr);
  pipeline.set_policies(quick());
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  REQUIRE(pipeline.publish({item("a")}).has_value());
  CHECK(pipeline.wait_until_sent(kSoon));
  CHECK(gateway.bodies() == std::vector<std::string>(6, R"({"id":"a"})"));
  CHECK(pipeline.status().last_error.empty());
}

TEST_CASE("Pipeline: a full spool is busy and takes nothing of it, by events and by bytes") {
  FakeGateway gateway(answering(503));
  PipelineOptions options;
  options.max_events = 2;
  Pipeline by_events(make_memory_spool(), options, kClock, nullptr);
  REQUIRE(by_events.start(gateway.maker()).has_value());
  REQUIRE(by_events.publish({item("a")}).has_value());
  CHECK(by_events.publish({item("b"), item("c")}).error().code == Code::busy);
  CHECK(by_events.status().waiting_events == 1);
  CHECK(by_events.publish({item("b")}).has_value());

  options.max_events = 1'000;
  options.max_bytes = item("a").bytes() * 2;
  Pipeline by_bytes(make_memory_spool(), options, kClock, nullptr);
  REQUIRE(by_bytes.start(gateway.maker()).has_value());
  REQUIRE(by_bytes.publish({item("a"), item("b")}).has_value());
  const auto refused = by_bytes.publish({item("c")});
  CHECK(refused.error().code == Code::busy);
  CHECK(refused.error().message.find("the spool is full") != std::string::npos);
}

TEST_CASE("Pipeline: what was accepted makes room again") {
  FakeGateway gateway(answering(202));
  PipelineOptions options;
  options.max_events = 1;
  Pipeline pipeline(make_memory_spool(), options, kClock, nullptr);
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  for (int i = 0; i < 5; ++i) {
    REQUIRE(pipeline.publish({item("a" + std::to_string(i))}).has_value());
    REQUIRE(pipeline.wait_until_sent(kSoon));
  }
  CHECK(pipeline.status().accepted == 5);
}

TEST_CASE("Pipeline: what the gateway refuses is kept, counts, and can be sent again or dropped") {
  FakeGateway gateway(answering(422, R"({"title":"schema"})"));
  Ends ends;
  PipelineOptions options;
  options.on_end = ends.taker();
  Pipeline pipeline(make_memory_spool(), options, kClock, nullptr);
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  REQUIRE(pipeline.publish({item("a")}).has_value());
  REQUIRE(pipeline.publish({item("b")}).has_value());
  REQUIRE(pipeline.wait_until_sent(kSoon));
  CHECK(pipeline.status().rejected_events == 2);
  CHECK(pipeline.status().bytes == 2 * item("a").bytes());
  const auto page = *pipeline.rejected(0, 10);
  REQUIRE(page.size() == 2);
  CHECK(page[0].refusal.status == 422);
  CHECK(page[0].refusal.problem == R"({"title":"schema"})");
  CHECK(pipeline.drop_rejected(page[1].refusal.sequence).has_value());
  CHECK(pipeline.drop_rejected(999).error().code == Code::not_found);
  gateway.behave(answering(202));
  CHECK(pipeline.retry_rejected(page[0].refusal.sequence).has_value());
  CHECK(pipeline.wait_until_sent(kSoon));
  CHECK(pipeline.status().rejected_events == 0);
  CHECK(pipeline.status().bytes == 0);
  pipeline.close(Millis{0});
  REQUIRE(ends.all.size() == 3);
  CHECK(ends.all[0].rule == "refused");
  CHECK(ends.all[2].accepted);
}

TEST_CASE("Pipeline: an event whose attempts are used up is kept with what kept it from being answered") {
  FakeGateway gateway(answering(0));
  Pipeline pipeline(make_memory_spool(), {}, kClock, nullptr);
  pipeline.set_policies(quick(3));
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  REQUIRE(pipeline.publish({item("a")}).has_value());
  REQUIRE(pipeline.wait_until_sent(kSoon));
  const auto page = *pipeline.rejected(0, 10);
  CHECK(page.at(0).refusal.rule == "max_attempts");
  CHECK(page.at(0).refusal.problem == "nobody is there");
  CHECK(gateway.bodies().size() == 3);
}

TEST_CASE("Pipeline: what is left at close is sent by the next one, in order, with its attempts") {
  const test::TemporaryDirectory directory;
  {
    FakeGateway gateway(answering(0));
    Pipeline pipeline(file(directory), {}, kClock, nullptr);
    REQUIRE(pipeline.start(gateway.maker()).has_value());
    for (int i = 0; i < 50; ++i) REQUIRE(pipeline.publish({item(std::to_string(i), "k")}).has_value());
    CHECK(gateway.wait_for(1));
    CHECK(pipeline.close(Millis{0}) == 50);
  }
  FakeGateway gateway(answering(202));
  PipelineOptions options;
  options.forward.batch_events = 1;
  Pipeline pipeline(file(directory), options, kClock, nullptr);
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  CHECK(pipeline.wait_until_sent(kSoon));
  const auto bodies = gateway.bodies();
  REQUIRE(bodies.size() == 50);
  for (std::size_t i = 0; i < 50; ++i) CHECK(bodies[i] == "{\"id\":\"" + std::to_string(i) + "\"}");
  CHECK(pipeline.close(Millis{0}) == 0);
}

TEST_CASE("Pipeline: closing sends what it can within its limit, and takes nothing more") {
  std::atomic<int> failures{3};
  FakeGateway gateway([&](const Post& post) { return answering(failures-- > 0 ? 500 : 202)(post); });
  Pipeline pipeline(make_memory_spool(), {}, kClock, nullptr);
  pipeline.set_policies(quick());
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  REQUIRE(pipeline.publish({item("a")}).has_value());
  CHECK(pipeline.close(kSoon) == 0);
  CHECK(pipeline.publish({item("b")}).error().code == Code::unavailable);
  CHECK(pipeline.rejected(0, 1).error().code == Code::unavailable);
}

TEST_CASE("Pipeline: many threads publish at once, and nothing is lost or reordered within a thread's key") {
  const test::TemporaryDirectory directory;
  std::mutex mutex;
  std::map<std::string, int> last;
  std::size_t count = 0;
  bool in_order = true;
  FakeGateway gateway([&](const Post& post) {
    const std::lock_guard lock(mutex);
    for (std::size_t at = 0; (at = post.body->find("\"id\":\"", at)) != std::string::npos; ++at) {
      const std::string id = post.body->substr(at + 6, post.body->find('"', at + 6) - at - 6);
      const int number = std::stoi(id.substr(2));
      in_order = in_order && last[id.substr(0, 1)] < number;
      last[id.substr(0, 1)] = number;
      ++count;
    }
    return answering(202)(post);
  });
  Pipeline pipeline(file(directory), {}, kClock, nullptr);
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  std::vector<std::thread> threads;
  std::atomic<int> stored{0};
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      const std::string key(1, static_cast<char>('a' + t));
      for (int i = 1; i <= 100; ++i)
        if (pipeline.publish({item(key + "-" + std::to_string(i), key)})) ++stored;
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(stored == 400);
  CHECK(pipeline.wait_until_sent(kSoon));
  CHECK(count == 400);
  CHECK(in_order);
}

TEST_CASE("Pipeline: its metrics count what was spooled, accepted and given up") {
  metrics::Metrics metrics;
  ProducerMeters meters(metrics, 10, 1'000'000);
  FakeGateway gateway(
      [](const Post& post) { return answering(post.body->find("bad") != std::string::npos ? 400 : 202)(post); });
  Pipeline pipeline(make_memory_spool(), {}, kClock, &meters);
  REQUIRE(pipeline.start(gateway.maker()).has_value());
  REQUIRE(pipeline.publish({item("a")}).has_value());
  REQUIRE(pipeline.publish({item("bad")}).has_value());
  REQUIRE(pipeline.wait_until_sent(kSoon));
  pipeline.close(Millis{0});
  const std::string text = metrics.text();
  for (const char* line : {"certes_producer_spooled_total 2", "certes_producer_accepted_total 1",
                           "certes_producer_rejected_total{reason=\"refused\"} 1", "certes_producer_rejected 1",
                           "certes_producer_waiting 0", "certes_producer_spool_limit_events 10"})
    CHECK_MESSAGE(text.find(std::string("\n") + line + "\n") != std::string::npos, line);
}
