#include "client/event_parser.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace certes::client;

namespace {

struct Parsed {
  std::vector<ServerEvent> events;
  EventParser parser{[this](const ServerEvent& event) { events.push_back(event); }};
};

}  // namespace

TEST_CASE("Event parser: names, ids and data, in pieces of any size") {
  const std::string text = ": hello\n\nid: p1\nevent: command\ndata: {\"a\":\ndata: 1}\n\nid:p2\ndata:x\n\n";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    CAPTURE(size);
    Parsed parsed;
    for (std::size_t at = 0; at < text.size(); at += size) parsed.parser.feed(std::string_view(text).substr(at, size));
    REQUIRE(parsed.events.size() == 2);
    CHECK(parsed.events[0].name == "command");
    CHECK(parsed.events[0].data == "{\"a\":\n1}");
    CHECK(parsed.events[1].name == "message");
    CHECK(parsed.events[1].data == "x");
    CHECK(parsed.parser.last_id() == "p2");
  }
}

TEST_CASE("Event parser: CR, LF and CR LF end lines") {
  Parsed parsed;
  parsed.parser.feed("data: a\r\ndata: b\rdata: c\n\r\n");
  REQUIRE(parsed.events.size() == 1);
  CHECK(parsed.events[0].data == "a\nb\nc");
}

TEST_CASE("Event parser: an id without data is remembered, and nothing is told") {
  Parsed parsed;
  parsed.parser.feed("id: p7\n\n: still here\n\nevent: x\n\n");
  CHECK(parsed.events.empty());
  CHECK(parsed.parser.last_id() == "p7");
}

TEST_CASE("Event parser: what is cut off is gone, with its id, when it begins anew") {
  Parsed parsed;
  parsed.parser.feed("id: p1\ndata: a\n\nid: p2\ndata: half");
  parsed.parser.restart();
  CHECK(parsed.parser.last_id() == "p1");
  parsed.parser.feed("data: b\n\n");
  REQUIRE(parsed.events.size() == 2);
  CHECK(parsed.events[1].data == "b");
  CHECK(parsed.parser.last_id() == "p1");
}

TEST_CASE("Event parser: fields it does not know, and lines without a colon") {
  Parsed parsed;
  parsed.parser.feed("retry: 5\nother\ndata\ndata:  two\n\n");
  REQUIRE(parsed.events.size() == 1);
  CHECK(parsed.events[0].data == "\n two");
}
