#include "certes/commands/export.hpp"

#include <doctest/doctest.h>

#include "certes/commands/declarations.hpp"
#include "certes/commands/differences.hpp"
#include "common/json/json.hpp"

using namespace certes;
using namespace certes::command;

namespace {

const std::string kEndpoint =
    R"({"id":"e","url":"http://x/","concurrency":3,"breaker":null,"headers":{"x-key":{"set":true}},"state":"paused",)"
    R"("secret":{"set":true},"owner":"me","version":7,"created_at":"t","updated_by":"k","purges":[]})";
const std::map<std::string, std::string> kListed{
    {"endpoints", "[" + kEndpoint + "]"},
    {"event-types",
     R"([{"id":"certes.x","schema":{},"version":0},{"id":"a.b","schema":{"const":"${x}"},"version":1}])"},
    {"sources", R"([{"id":"odd","unusable":"why"}])"},
    {"subscriptions", R"([{"id":"s","endpoint":"e","pattern":"#","priority":"low","version":2}])"},
    {"backoff-policies", "[]"}};

}  // namespace

TEST_CASE("export: what is declared stands there, and whose it is, without what the service says of it") {
  const Exported file = exported(kListed, "");
  CHECK(json_or_null<nlohmann::ordered_json>(file.text).dump() ==
        R"({"event_types":[{"id":"a.b","schema":{"const":"${x}"},"owner":""}],)"
        R"("endpoints":[{"id":"e","url":"http://x/","concurrency":3,"breaker":null,"headers":{"x-key":{"set":true}},)"
        R"("secret":{"set":true},"owner":"me"}],)"
        R"("subscriptions":[{"id":"s","endpoint":"e","pattern":"#","priority":"low","owner":""}]})");
  CHECK(file.left_out == std::vector<std::string>{"sources/odd"});
}

TEST_CASE("export: of one owner alone") {
  CHECK(json_or_null<nlohmann::json>(exported(kListed, "me").text).size() == 1);
  CHECK(exported(kListed, "nobody").text == "{}");
}

TEST_CASE("export: applying it would change nothing") {
  std::vector<Declaration> declared;
  REQUIRE(add_declarations(exported(kListed, "").text, "f", {}, declared).has_value());
  REQUIRE(check_together(declared).has_value());
  REQUIRE(declared.size() == 3);
  CHECK(declared[1].name() == "endpoints/e");
  CHECK(differences("endpoints", declared[1].body, kEndpoint).empty());
  CHECK(!gives_secret(declared[1].body, kEndpoint));
}
