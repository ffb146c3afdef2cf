#include "common/http/server/rendering.hpp"

#include <doctest/doctest.h>

using namespace certes::http;

namespace {

std::string header_of(const Response& response, bool keep_alive = true) {
  std::string out;
  render_header(out, response, {.date = {}, .keep_alive = keep_alive, .say_keep_alive = false});
  return out;
}

}  // namespace

TEST_CASE("problem: is RFC 9457, with what a client sent escaped") {
  const Response response = problem(400, "invalid", "Bad event", "no \"type\" \\ \n here", "/type");
  CHECK(response.status == 400);
  CHECK(response.content_type == "application/problem+json");
  CHECK(response.body == R"({"type":"/problems/invalid","title":"Bad event","status":400,)"
                         R"("detail":"no \"type\" \\ \u000a here","pointer":"/type"})");
}

TEST_CASE("problem: bytes that are no UTF-8 do not make the answer invalid") {
  const auto detail = [](const std::string& text) {
    const std::string body = problem(400, "invalid", "t", text).body;
    const std::size_t at = body.find("\"detail\":\"") + 10;
    return body.substr(at, body.size() - at - 2);
  };
  CHECK(detail("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z") == "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z");
  CHECK(detail("a\xffz") == "a\xef\xbf\xbdz");
  CHECK(detail("\xc0\xaf") == "\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(detail("\xed\xa0\x80") == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
  CHECK(detail("a\xe2\x82") == "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST_CASE("render_header: length and connection are the server's own") {
  Response response;
  response.status = 202;
  response.content_type = "application/json";
  response.body = "{}";
  response.headers = {{"X-A", "b"}, {"Content-Length", "99"}, {"Connection", "upgrade"}};
  CHECK(header_of(response) ==
        "HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nX-A: b\r\nContent-Length: 2\r\n\r\n");
  CHECK(header_of(response, false).find("Connection: close\r\n") != std::string::npos);
}

TEST_CASE("render_header: a value with a line end cannot become a header of its own") {
  Response response;
  response.headers = {{"X-A", "b\r\nX-Evil: 1"}, {"Bad Name", "x"}, {"X-B", "c"}};
  CHECK(header_of(response) == "HTTP/1.1 200 OK\r\nX-B: c\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("render_header: 204 has no length") {
  Response response;
  response.status = 204;
  CHECK(header_of(response) == "HTTP/1.1 204 No Content\r\n\r\n");
}

TEST_CASE("http_date: is the form of RFC 9110") { CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"); }
