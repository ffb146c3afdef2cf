#include "gateway/stream/sse.hpp"

#include <doctest/doctest.h>

using namespace certes::gateway::stream;

namespace {

std::string event_of(std::string_view data) {
  std::string out;
  append_event(out, "event", data);
  return out;
}

}  // namespace

TEST_CASE("Server-sent events: an id, a name, data, an empty line") {
  std::string out;
  append_id(out, "p1-2");
  append_event(out, "command", "{}");
  CHECK(out == "id: p1-2\nevent: command\ndata: {}\n\n");
}

TEST_CASE("Server-sent events: each line of the data is a line of its own, whatever ends it") {
  CHECK(event_of("a\nb") == "event: event\ndata: a\ndata: b\n\n");
  CHECK(event_of("a\r\nb") == "event: event\ndata: a\ndata: b\n\n");
  CHECK(event_of("a\rb") == "event: event\ndata: a\ndata: b\n\n");
  CHECK(event_of("a\n\nid: 7") == "event: event\ndata: a\ndata: \ndata: id: 7\n\n");
  CHECK(event_of("a\n") == "event: event\ndata: a\ndata: \n\n");
  CHECK(event_of("a\r") == "event: event\ndata: a\ndata: \n\n");
  CHECK(event_of("") == "event: event\ndata: \n\n");
}

TEST_CASE("Server-sent events: a comment") {
  std::string out;
  append_comment(out, "still here");
  CHECK(out == ": still here\n\n");
}
