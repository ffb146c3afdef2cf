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
    for (std::size_t at = 0; at < text.size(); at += size)
      REQUIRE(parsed.parser.feed(std::string_view(text).substr(at, size)));
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
  REQUIRE(parsed.parser.feed("data: a\r\ndata: b\rdata: c\n\r\n"));
  REQUIRE(parsed.events.size() == 1);
  CHECK(parsed.events[0].data == "a\nb\nc");
}

TEST_CASE("Event parser: an id without data is remembered, and nothing is told") {
  Parsed parsed;
  REQUIRE(parsed.parser.feed("id: p7\n\n: still here\n\nevent: x\n\n"));
  CHECK(parsed.events.empty());
  CHECK(parsed.parser.last_id() == "p7");
}

TEST_CASE("Event parser: what is cut off is gone, with its id, when it begins anew") {
  Parsed parsed;
  REQUIRE(parsed.parser.feed("id: p1\ndata: a\n\nid: p2\ndata: half"));
  parsed.parser.restart();
  CHECK(parsed.parser.last_id() == "p1");
  REQUIRE(parsed.parser.feed("data: b\n\n"));
  REQUIRE(parsed.events.size() == 2);
  CHECK(parsed.events[1].data == "b");
  CHECK(parsed.parser.last_id() == "p1");
}

TEST_CASE("Event parser: fields it does not know, and lines without a colon") {
  Parsed parsed;
  REQUIRE(parsed.parser.feed("retry: 5\nother\ndata\ndata:  two\n\n"));
  REQUIRE(parsed.events.size() == 1);
  CHECK(parsed.events[0].data == "\n two");
}

TEST_CASE("Event parser: lines and events have a bound, whatever they are cut into") {
  constexpr std::size_t kMost = EventParser::kMostBytes;
  const std::string block(64u << 10, 'x');
  const auto endless = [&](std::string_view first, std::string_view again) {
    Parsed parsed;
    REQUIRE(parsed.parser.feed(first));
    for (std::size_t fed = 0; fed < 4 * kMost; fed += block.size()) {
      const auto taken = parsed.parser.feed(block + std::string(again));
      if (!taken) return taken.error().message;
    }
    return std::string("taken");
  };
  CHECK(endless("data: ", "") == "the stream has a line above 16 MiB");
  CHECK(endless("id: ", "") == "the stream has a line above 16 MiB");
  CHECK(endless(": ", "") == "the stream has a line above 16 MiB");
  CHECK(endless("data: ", "\ndata: ") == "the stream has an event above 16 MiB");
}

TEST_CASE("Event parser: what is as large as the bound is taken, and events do not add up") {
  Parsed parsed;
  const std::string half(EventParser::kMostBytes / 2 - 1, 'x');
  for (int i = 0; i < 3; ++i) REQUIRE(parsed.parser.feed("data:" + half + "\ndata:" + half + "\n\n"));
  REQUIRE(parsed.events.size() == 3);
  CHECK(parsed.events[2].data == half + "\n" + half);
}
