// The table of RFC 8259 against JsonDocument, alone and as the data of an event.
#include "tests/common/event/json_grammar.hpp"

#include <doctest/doctest.h>

#include <set>

#include "common/event/cloud_event.hpp"
#include "common/event/json_document.hpp"
#include "common/event/json_event.hpp"

using namespace certes;
using namespace certes::event;
using namespace certes::testing;

TEST_CASE("JSON grammar: the table holds at least 95 texts to accept and 188 to refuse, none twice") {
  std::set<std::string> all;
  for (const auto& [rule, text] : json_accepted()) CHECK_MESSAGE(all.insert(text).second, text);
  CHECK(all.size() >= 95);
  const std::size_t accepted = all.size();
  for (const auto& [rule, text] : json_refused()) CHECK_MESSAGE(all.insert(text).second, text);
  CHECK(all.size() - accepted >= 188);
}

TEST_CASE("JSON grammar: what must be accepted is") {
  JsonDocument document;
  for (const auto& [rule, text] : json_accepted()) {
    CAPTURE(rule);
    CAPTURE(text.substr(0, 80));
    const auto parsed = document.parse(text);
    CAPTURE((parsed ? "" : parsed.error().message));
    CHECK(parsed);
  }
}

TEST_CASE("JSON grammar: what must be refused is, as not understood") {
  JsonDocument document;
  for (const auto& [rule, text] : json_refused()) {
    CAPTURE(rule);
    CAPTURE(text.substr(0, 80));
    const auto parsed = document.parse(text);
    CHECK_FALSE(parsed);
    if (!parsed) CHECK(parsed.error().code == Code::invalid);
  }
}

TEST_CASE("JSON grammar: as data of an event, what is accepted comes out byte for byte") {
  JsonDocument document;
  Incoming incoming;
  for (const auto& [rule, text] : json_accepted()) {
    CAPTURE(rule);
    CAPTURE(text.substr(0, 80));
    const auto first = text.find_first_not_of(" \t\r\n");
    const std::string written = text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
    REQUIRE(read_plain_json(document, R"({"type":"t","data":)" + text + "}", 10, incoming));
    CHECK(incoming.events.at(0).data == written);
    REQUIRE(read_plain_json(document, R"([{"data":)" + text + R"(,"type":"t"}])", 10, incoming));
    CHECK(incoming.events.at(0).data == written);
    REQUIRE(read_cloud_event(
        document, R"({"specversion":"1.0","id":"i","source":"s","data":)" + text + R"(,"type":"t"})", incoming));
    CHECK(incoming.events.at(0).data == written);
  }
}

TEST_CASE("JSON grammar: as data of an event, what is refused is refused, in every form") {
  JsonDocument document;
  Incoming incoming;
  for (const auto& [rule, text] : json_refused()) {
    CAPTURE(rule);
    CAPTURE(text.substr(0, 80));
    CHECK_FALSE(read_plain_json(document, R"({"type":"t","data":)" + text + "}", 10, incoming));
    CHECK_FALSE(read_plain_json(document, R"([{"data":)" + text + R"(,"type":"t"}])", 10, incoming));
    CHECK_FALSE(read_cloud_event(
        document, R"({"specversion":"1.0","id":"i","source":"s","data":)" + text + R"(,"type":"t"})", incoming));
  }
}
