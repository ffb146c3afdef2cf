#include "certes/commands/differences.hpp"

#include <doctest/doctest.h>

using namespace certes::command;

TEST_CASE("Differences: nothing differs where only defaults and the service's own members are added") {
  CHECK(differences("endpoints", R"({"url":"http://x/","format":"binary"})",
                    R"({"id":"e","url":"http://x/","concurrency":64,"timeout_seconds":15.0,"state":"active",
                        "version":3,"created_at":"t","updated_by":"k"})")
            .empty());
  CHECK(differences("subscriptions", R"({"endpoint":"e","pattern":"a.#"})",
                    R"({"endpoint":"e","kind":"event","pattern":"a.#","priority":"normal"})")
            .empty());
  CHECK(
      differences(
          "sources", R"({"verify":{"scheme":"stripe","secret":"x"}})",
          R"({"verify":{"scheme":"stripe","tolerance_seconds":300},"response":{"status":202},"deduplicate":true,"exclusive":true})")
          .empty());
  CHECK(differences("sources", R"({"verify":{"scheme":"none"}})",
                    R"({"verify":{"scheme":"none"},"deduplicate":true,"exclusive":false})")
            .empty());
  CHECK(differences("sources", R"({"verify":{"scheme":"none"}})", R"({"verify":{"scheme":"none"},"exclusive":true})")
            .size() == 1);
}

TEST_CASE("Differences: changed, added and removed fields are named with both values") {
  const auto found =
      differences("endpoints", R"({"url":"http://y/","retry_on":[404],"concurrency":8,"state":"active"})",
                  R"({"url":"http://x/","rate_per_second":5,"concurrency":8,"state":"paused"})");
  REQUIRE(found.size() == 4);
  CHECK(found[0].field == "rate_per_second");
  CHECK(found[0].from == "5");
  CHECK(found[0].to == "-");
  CHECK(found[1].field == "retry_on");
  CHECK(found[1].to == "[404]");
  CHECK(found[2].field == "state");
  CHECK(found[2].to == "\"active\"");
  CHECK(found[3].field == "url");
  CHECK(found[3].from == "\"http://x/\"");
}

TEST_CASE("Differences: whose events a subscription takes, all or some") {
  const char* const own = R"({"endpoint":"e","pattern":"certes.#"})";
  const char* const all = R"({"endpoint":"e","pattern":"certes.#","tenants":"*"})";
  const char* const some = R"({"endpoint":"e","pattern":"certes.#","tenants":["a","b"]})";
  CHECK(differences("subscriptions", all, all).empty());
  CHECK(differences("subscriptions", some, some).empty());
  REQUIRE(differences("subscriptions", own, all).size() == 1);
  CHECK(differences("subscriptions", own, all)[0].from == "\"*\"");
  CHECK(differences("subscriptions", own, all)[0].to == "-");
  REQUIRE(differences("subscriptions", some, all).size() == 1);
  CHECK(differences("subscriptions", some, all)[0].to == R"(["a","b"])");
}

TEST_CASE("Differences: a breaker's defaults are none, and to have none is one") {
  const char* const plain = R"({"url":"http://x/"})";
  const char* const none = R"({"url":"http://x/","breaker":null})";
  CHECK(
      differences("endpoints", R"({"url":"http://x/","disable_after_seconds":432000,"breaker":{"failures":10}})", plain)
          .empty());
  CHECK(differences("endpoints", none, none).empty());
  CHECK(differences("endpoints", R"({"url":"http://x/","breaker":{"failures":3}})",
                    R"({"url":"http://x/","breaker":{"failures":3,"ratio":0.5,"min_requests":20,"window_seconds":60.0,
                        "probe_seconds":5.0,"max_probe_seconds":300.0}})")
            .empty());
  const auto off = differences("endpoints", none, plain);
  REQUIRE(off.size() == 1);
  CHECK(off[0].field == "breaker");
  CHECK(off[0].to == "\"none\"");
  CHECK(differences("endpoints", plain, none).size() == 1);
  const auto changed = differences("endpoints", R"({"url":"http://x/","breaker":{"failures":3}})", plain);
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].field == "breaker.failures");
  CHECK(changed[0].from == "10");
}

TEST_CASE("Differences: an endpoint keeps its state where none is declared") {
  CHECK(differences("endpoints", R"({"url":"http://x/"})", R"({"url":"http://x/","state":"paused"})").empty());
}

TEST_CASE("Differences: what the registry keeps beside an endpoint is not declared") {
  CHECK(differences("endpoints", R"({"url":"http://x/"})",
                    R"({"url":"http://x/","disabled_at":"T","disabled_by":"k","purges":[{"at":"T"}],"retries":[]})")
            .empty());
}

TEST_CASE("Differences: one URL is the same written either way") {
  CHECK(differences("endpoints", R"({"urls":["http://x/"]})", R"({"url":"http://x/"})").empty());
  CHECK(differences("endpoints", R"({"urls":["http://x/","http://y/"]})", R"({"urls":["http://x/","http://y/"]})")
            .empty());
  const auto more = differences("endpoints", R"({"urls":["http://x/","http://y/"]})", R"({"url":"http://x/"})");
  REQUIRE(more.size() == 2);
  CHECK(more[0].field == "url");
  CHECK(more[0].to == "-");
  CHECK(more[1].field == "urls");
  CHECK(more[1].to == R"(["http://x/","http://y/"])");
}

TEST_CASE("Differences: what is sealed is compared by the service alone, and never told") {
  CHECK(gives_secret(R"({"secret":"x"})"));
  CHECK(gives_secret(R"({"verify":{"scheme":"github","secrets":["x"]}})"));
  CHECK(gives_secret(R"({"headers":{"A":"x"}})", R"({"headers":{"A":{"set":true}}})"));
  CHECK(gives_secret(R"({"verify":{"secrets":["x",{"set":true}]}})",
                     R"({"verify":{"secrets":[{"set":true},{"set":true}]}})"));
  CHECK_FALSE(gives_secret(R"({"verify":{"scheme":"none"}})"));
  const char* const shown = R"({"secret":{"set":true},"headers":{"A":{"set":true}},"verify":{"secret":{"set":true}}})";
  CHECK_FALSE(gives_secret(shown, shown));
  CHECK(gives_secret(shown, "{}"));  // nothing is there to be left as it is: the service says so
  CHECK(differences("endpoints", R"({"url":"u","secret":"x","headers":{"A":"x"}})",
                    R"({"url":"u","secret":{"set":true},"headers":{"A":{"set":true}}})")
            .empty());
  CHECK(differences("endpoints", R"({"url":"u"})", R"({"url":"u","secret":{"set":true}})").empty());
  const auto found =
      differences("endpoints", R"({"url":"u","headers":{"B":"hush"}})", R"({"url":"u","headers":{"A":{"set":true}}})");
  REQUIRE(found.size() == 2);
  CHECK(found[0].field == "headers.A");
  CHECK(found[0].from == "set");
  CHECK(found[0].to == "-");
  CHECK(found[1].field == "headers.B");
  CHECK(found[1].from == "-");
  CHECK(found[1].to == "set");
}
