#include "common/http/client/chunked_body.hpp"

#include <doctest/doctest.h>

using namespace certes::http;

namespace {

// In pieces of `size`.
std::string taken(std::string_view wire, std::size_t size, std::size_t most, bool& had_more) {
  ChunkedBody chunks;
  std::string body;
  for (; !wire.empty(); wire.remove_prefix(std::min(size, wire.size()))) chunks.take(wire.substr(0, size), body, most);
  had_more = chunks.had_more();
  return body;
}

}  // namespace

TEST_CASE("ChunkedBody: data out of chunks, extensions and trailers passed over, in pieces of any size") {
  const std::string_view wire = "5;a=b\r\nhello\r\n1 ;x\r\n\n\r\n00b\r\n0123456789a\r\n0\r\nX: y\r\n\r\nrest";
  for (std::size_t size = 1; size <= wire.size(); ++size) {
    CAPTURE(size);
    bool had_more = true;
    CHECK(taken(wire, size, 100, had_more) == "hello\n0123456789a");
    CHECK_FALSE(had_more);
    CHECK(taken(wire, size, 17, had_more) == "hello\n0123456789a");
    CHECK_FALSE(had_more);
    CHECK(taken(wire, size, 16, had_more) == "hello\n0123456789");
    CHECK(had_more);
    CHECK(taken(wire, size, 5, had_more) == "hello");
    CHECK(had_more);
  }
}

TEST_CASE("ChunkedBody: behind what is no chunk there is no data") {
  for (const std::string_view wire :
       {"", "x\r\nabc", "\r\n", ";\r\nabc", "-1\r\nabc", "ffffffffffffffffff\r\nabc", "0\r\n5\r\nhello\r\n"}) {
    CAPTURE(wire);
    bool had_more = false;
    CHECK(taken(wire, 3, 100, had_more).empty());
    CHECK_FALSE(had_more);
  }
}
