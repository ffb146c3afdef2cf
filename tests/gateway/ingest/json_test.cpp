// The table of RFC 8259 against POST /events: as the data of an event, over one kept-alive connection.
#include "tests/common/event/json_grammar.hpp"
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;
using namespace certes::testing;

namespace {

fakes::Answer post_data(fakes::RawClient& client, const std::string& text) {
  const std::string body = R"({"type":"t","data":)" + text + "}";
  REQUIRE(client.send(request_text("POST", "/events", {{"Content-Type", "application/json"}}, body)));
  return client.answer();
}

}  // namespace

TEST_CASE("POST /events: every JSON value is taken, and stored byte for byte") {
  Ingest ingest;
  auto client = ingest.client();
  for (const auto& [rule, text] : json_accepted()) {
    CAPTURE(rule);
    CAPTURE(text.substr(0, 80));
    const std::size_t before = ingest.log.taken();
    REQUIRE(post_data(client, text).status == 202);
    REQUIRE(ingest.log.taken() == before + 1);
    const auto first = text.find_first_not_of(" \t\r\n");
    CHECK(ingest.log.record(before).value == text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1));
  }
}

TEST_CASE("POST /events: what is no JSON is 400, nothing of it is stored, and the connection goes on") {
  Ingest ingest;
  auto client = ingest.client();
  for (const auto& [rule, text] : json_refused()) {
    CAPTURE(rule);
    CAPTURE(text.substr(0, 80));
    const auto answer = post_data(client, text);
    REQUIRE(answer.status == 400);
    CHECK(json_of(answer)["type"] == "/problems/invalid");
  }
  CHECK(ingest.log.taken() == 0);
  CHECK(post_data(client, "1").status == 202);
}
