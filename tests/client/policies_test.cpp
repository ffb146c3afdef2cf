#include <doctest/doctest.h>

#include "client/policy_reader.hpp"
#include "client/policy_table.hpp"
#include "tests/client/canned_server.hpp"

using namespace certes;
using namespace certes::client;
using testing::CannedServer;

namespace {

const char* const kOften = R"({"id":"often","version":3,"strategy":"constant","base_seconds":0.5,"jitter":"none",
  "max_attempts":7,"created_by":"admin"})";

}  // namespace

TEST_CASE("PolicyTable: what the API shows, by type, source and for all") {
  PolicyTable table;
  REQUIRE(table.add("backoff-policies", "often", kOften).has_value());
  REQUIRE(table.add("sources", "github", R"({"producer_backoff_policy":"often"})").has_value());
  REQUIRE(table.add("sources", "other", R"({"backoff_policy":"often"})").has_value());
  REQUIRE(table.add("event-types", "a.b", R"({"producer_backoff_policy":"often"})").has_value());
  REQUIRE(table.add("endpoints", "e", R"({"producer_backoff_policy":"nobody"})").has_value());
  const auto policies = table.applied_to({}, "");
  REQUIRE(policies.has_value());
  CHECK(policies->of("a.b", "x").max_attempts == 7);
  CHECK(policies->of("x", "github").base_seconds == 0.5);
  CHECK(policies->of("x", "other").max_attempts == 0);
  CHECK(table.applied_to({}, "often")->of("x", "y").max_attempts == 7);
}

TEST_CASE("PolicyTable: a policy that is named must be there, and be one") {
  PolicyTable table;
  CHECK(table.applied_to({}, "gone").error().message.find("gone") != std::string::npos);
  REQUIRE(table.add("event-types", "a.b", R"({"producer_backoff_policy":"gone"})").has_value());
  const auto missing = table.applied_to({}, "");
  CHECK(missing.error().message.find("event type a.b") != std::string::npos);
  const auto wrong = table.add("backoff-policies", "p", R"({"strategy":"sometimes"})");
  CHECK(wrong.error().code == Code::invalid);
  CHECK(wrong.error().pointer == "/strategy");
}

TEST_CASE("Policies: the type's goes before the source's, and that before the global one") {
  Policies policies;
  policies.by_type["t"].max_attempts = 1;
  policies.by_source["s"].max_attempts = 2;
  policies.global.max_attempts = 3;
  CHECK(policies.of("t", "s").max_attempts == 1);
  CHECK(policies.of("x", "s").max_attempts == 2);
  CHECK(policies.of("x", "y").max_attempts == 3);
}

TEST_CASE("PolicyReader: reads the Master API; kinds that it has not are none") {
  std::string list = R"({"items":[],"next":null})";
  list.insert(10, kOften);
  CannedServer server(
      {{200, list}, {200, R"({"items":[{"id":"s","producer_backoff_policy":"often"}],"next":null})"}, {404, "{}"}});
  PolicyReaderOptions options;
  options.url = server.url();
  options.key = "certes_key";
  options.local.by_source["mine"].max_attempts = 9;
  const auto policies = read_policies(options);
  REQUIRE_MESSAGE(policies.has_value(), policies.error().message);
  CHECK(policies->of("x", "s").max_attempts == 7);
  CHECK(policies->of("x", "mine").max_attempts == 9);
}

TEST_CASE("PolicyReader: an API that refuses is told once, and the local policies stay") {
  CannedServer server({{403, R"({"detail":"no scope"})"}});
  PolicyReaderOptions options;
  options.url = server.url();
  std::mutex mutex;
  std::condition_variable told;
  std::vector<std::string> troubles;
  int found = 0;
  {
    PolicyReader reader(
        std::move(options), [&](Policies) { ++found; },
        [&](const Error& error) {
          const std::lock_guard lock(mutex);
          troubles.push_back(error.message);
          told.notify_all();
        });
    std::unique_lock lock(mutex);
    CHECK(told.wait_for(lock, std::chrono::seconds{10}, [&] { return !troubles.empty(); }));
  }
  CHECK(found == 0);
  CHECK(troubles == std::vector<std::string>{"no scope (403)"});
}
