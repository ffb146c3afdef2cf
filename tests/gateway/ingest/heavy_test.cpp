// What would hold up a loop is judged on threads of its own, with the same answers in the same order.
#include "gateway/ingest/heavy_work.hpp"

#include <future>

#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

constexpr const char* kSecret = "s";
const std::string kDone = R"(certes_gateway_heavy_total{outcome="done"} )";

// A loop of which only posting works; what was posted runs when the test says so.
class PostedLoop final : public http::Loop {
 public:
  int index() const override { return 0; }
  void post(std::function<void()> work) override {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
  }
  std::function<void()> waker(std::function<void()>) override { return {}; }
  void at_round_end(std::function<void()>) override {}
  TimerId after(Millis, std::function<void()>) override { return 0; }
  void cancel(TimerId) override {}
  SteadyTime now() const override { return {}; }
  void run_posted() {
    std::vector<std::function<void()>> work;
    {
      const std::lock_guard lock(mutex_);
      work.swap(posted_);
    }
    for (const auto& one : work) one();
  }

 protected:
  void respond(std::uint64_t, http::Response&&) override {}
  void begin_stream(std::uint64_t, http::Response&&) override {}
  http::StreamBody* streaming(std::uint64_t) override { return nullptr; }

 private:
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;  // guarded by mutex_
};

Json github(const char* on_invalid = "refuse") {
  return {{"verify", {{"scheme", "github"}, {"secrets", {kSecret}}}}, {"on_invalid", on_invalid}};
}
Headers signed_headers(std::string_view body, const char* secret = kSecret) {
  return {{"X-GitHub-Event", "push"},
          {"Content-Type", "application/json"},
          {"X-Hub-Signature-256", "sha256=" + crypto::hex_encode(crypto::Hmac(secret).sign({body}))}};
}
// JSON of that size at least, and whether it holds an integer where the schema wants one.
std::string data_of(std::size_t size, bool good) {
  return R"({"n":)" + std::string(good ? "1" : "true") + R"(,"pad":")" + std::string(size, 'x') + "\"}";
}
Json of_integer() { return {{"type", "object"}, {"properties", {{"n", {{"type", "integer"}}}}}}; }

}  // namespace

TEST_CASE("Heavy: a big webhook is answered as a small one, whatever is said of it") {
  Ingest ingest({.dev = false});
  ingest.declare("event-types", "hook.push", {{"schema", of_integer()}});
  ingest.declare("event-types", "kept.push", {{"schema", of_integer()}});
  ingest.source("hook", github());
  ingest.source("kept", github("quarantine"));
  std::vector<std::string> answers;
  for (const std::size_t size : {std::size_t{10}, std::size_t{900'000}}) {
    std::string all;
    const auto tell = [&](const fakes::Answer& answer) {
      const auto json = json_of(answer);
      all += std::to_string(answer.status) + " " + json.value("detail", "") + " " + json.value("pointer", "") + "\n";
    };
    const std::string good = data_of(size, true), bad = data_of(size, false);
    tell(ingest.post("/events/hook", signed_headers(good), good));
    tell(ingest.post("/events/hook", signed_headers(good, "forged"), good));
    tell(ingest.post("/events/hook", signed_headers(bad, "forged"), bad));
    tell(ingest.post("/events/hook", signed_headers(bad), bad));
    tell(ingest.post("/events/kept", signed_headers(bad), bad));
    auto unnamed = signed_headers(good);
    unnamed.erase(unnamed.begin());
    tell(ingest.post("/events/hook", unnamed, good));
    answers.push_back(std::move(all));
  }
  CHECK(answers[0] == answers[1]);
  CHECK(answers[0].starts_with("202"));
  CHECK(ingest.counts(kDone + "6"));
  REQUIRE(ingest.log.taken() == 6);
  CHECK(ingest.log.record(3).value == data_of(900'000, true));
}

TEST_CASE("Heavy: what is published in big pieces is answered as in small ones") {
  Ingest ingest({.dev = false});
  ingest.declare("event-types", "order", {{"schema", of_integer()}});
  const std::string key = ingest.key("k", {"events:write"});
  const Headers headers = {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}};
  std::vector<std::string> answers;
  for (const std::size_t size : {std::size_t{10}, std::size_t{900'000}}) {
    std::string all;
    const auto event = [&](const char* type, bool good) {
      return R"({"type":")" + std::string(type) + R"(","data":)" + data_of(size / 2, good) + "}";
    };
    for (const std::string& body :
         {event("order", true), event("order", false), "[" + event("free", false) + "," + event("order", true) + "]",
          "[" + event("order", true) + "," + event("order", false) + "]", event("certes.order", true),
          event("order", true) + "}"}) {
      const auto answer = ingest.post("/events", headers, body);
      const auto json = json_of(answer);
      all += std::to_string(answer.status) + " " + json.value("detail", "") + " " + json.value("pointer", "") + "\n";
    }
    answers.push_back(std::move(all));
  }
  CHECK(answers[0] == answers[1]);
  CHECK(ingest.log.taken() == 6);
}

TEST_CASE("Heavy: a small event whose schema takes many steps has them on a thread of its own") {
  Ingest ingest({.dev = false});
  ingest.declare("event-types", "order",
                 {{"schema", {{"items", {{"type", "integer"}, {"minimum", 0}, {"maximum", 9}}}}}});
  const std::string key = ingest.key("k", {"events:write"});
  const Headers headers = {{"Authorization", "Bearer " + key}, {"Content-Type", "application/json"}};
  const auto list = [](std::size_t items, const char* last) {
    std::string text = R"({"type":"order","data":[)";
    for (std::size_t i = 0; i < items; ++i) text += "1,";
    return text + last + "]}";
  };
  CHECK(ingest.post("/events", headers, list(10, "1")).status == 202);
  CHECK(ingest.metrics.text().find(kDone + "0\n") != std::string::npos);
  CHECK(ingest.post("/events", headers, list(20'000, "1")).status == 202);
  const auto refused = ingest.post("/events", headers, list(20'000, "true"));
  CHECK(refused.status == 422);
  CHECK(json_of(refused)["errors"][0]["pointer"] == "/data/20000");
  CHECK(ingest.counts(kDone + "2"));
}

TEST_CASE("HeavyWork: who finds no place is told so on his loop, and nothing of it is done") {
  PostedLoop loop;
  metrics::Metrics metrics;
  SchemaCache schemas;
  std::promise<void> begun, go_on;
  std::string told;
  HeavyWork heavy(schemas, false, metrics, {.threads = 1, .max_waiting = 4, .max_bytes = 1'000});
  const auto offer = [&](const char* tenant, const std::string& name, std::function<void(Workplace&)> work) {
    heavy.offer(loop, tenant, 1, {std::move(work), [&told, name](bool done) { told += name + (done ? "+ " : "- "); }});
  };
  offer("a", "first", [&](Workplace&) {
    begun.set_value();
    go_on.get_future().wait();
  });
  begun.get_future().wait();
  for (const char* name : {"a1", "a2", "a3", "a4", "a5"}) offer("a", name, [](Workplace&) {});
  offer("b", "b1", [](Workplace&) {});
  offer("b", "b2", [](Workplace&) {});
  loop.run_posted();
  CHECK(told == "a5- a4- b2- ");
  told.clear();
  go_on.set_value();
  REQUIRE(eventually([&] {
    loop.run_posted();
    return told.size() == 7 + 4 * 4;
  }));
  CHECK(told == "first+ a1+ b1+ a2+ a3+ ");
  CHECK(metrics.text().find(kDone + "5\n") != std::string::npos);
  CHECK(metrics.text().find("certes_gateway_heavy_waiting 0\n") != std::string::npos);
  CHECK(metrics.text().find(R"(certes_gateway_heavy_total{outcome="refused"} 3)") != std::string::npos);
}
