// Targets that try to be another: a path is compared as it was sent, and a parameter is decoded once.

#include "tests/common/http/server/server_fixture.hpp"

using namespace certes;
using namespace certes::http;

namespace {

struct Case {
  const char* target;
  int status;
  const char* parameter;  // as the handler saw it
};

// The handler answers the parameter in hexadecimal, or 400 where it is not properly encoded.
constexpr Case kCases[] = {
    {"/sources/github", 200, "676974687562"},
    {"/sources/git%68ub", 200, "676974687562"},
    {"/sources/%2e%2e", 200, "2e2e"},
    {"/sources/..", 200, "2e2e"},
    {"/sources/a%2fb", 200, "612f62"},
    {"/sources/a%5cb", 200, "615c62"},
    {"/sources/a%00b", 200, "610062"},
    {"/sources/%252e%252e", 200, "253265253265"},
    {"/sources/%c0%ae", 200, "c0ae"},
    {"/sources/a+b", 200, "612b62"},
    {"/sources/a;b=c", 200, "613b623d63"},
    {"/sources/%", 400, ""},
    {"/sources/%4", 400, ""},
    {"/sources/%zz", 400, ""},
    {"/sources/%u0041", 400, ""},
    {"/sources/", 404, nullptr},
    {"/sources//", 404, nullptr},
    {"//sources/a", 404, nullptr},
    {"/sources/a/", 404, nullptr},
    {"/sources/a/b", 404, nullptr},
    {"/x/../sources/a", 404, nullptr},
    {"/x/%2e%2e/sources/a", 404, nullptr},
    {"/./sources/a", 404, nullptr},
    {"/sources%2fa", 404, nullptr},
    {"/%73ources/a", 404, nullptr},
    {"/SOURCES/a", 404, nullptr},
    {"/sources/a%3fb", 200, "613f62"},
    {"/sources/a?b=/../c", 200, "61"},
    {"http://a/sources/b", 200, "62"},
    {"http://a/../sources/b", 404, nullptr},
    {"http://a", 404, nullptr},
    {"http://a?/sources/b", 404, nullptr},
    {"HTTPS://a:80/sources/b", 200, "62"},
    {"/sources/a#b", 400, nullptr},
    {"\\sources\\a", 400, nullptr},
    {"*", 400, nullptr},
};

std::string hex(std::string_view bytes) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

Response answer(const Request& request) {
  const auto value = path_parameter("/sources/{id}", request.path, "id");
  return value ? text(hex(*value)) : text("", 400);
}

}  // namespace

TEST_CASE("Server: a path is what was sent, decoded once and never resolved") {
  TestServer test;
  test.server.direct("GET", "/sources/{id}", [](Loop&) {
    return [](const Request& request, Exchange exchange) { exchange.respond(answer(request)); };
  });
  test.start();
  for (const Case& c : kCases) {
    CAPTURE(c.target);
    RawClient client = test.client();
    client.send(get(c.target));
    const Answer got = client.answer();
    CHECK(got.status == c.status);
    if (c.parameter) CHECK(got.body == c.parameter);
  }
}

TEST_CASE("Server: a worker's route sees the same path and parameters") {
  TestServer test;
  test.server.pooled("GET", "/sources/{id}", answer);
  test.start();
  for (const Case& c : kCases) {
    CAPTURE(c.target);
    RawClient client = test.client();
    client.send(get(c.target));
    const Answer got = client.answer();
    CHECK(got.status == c.status);
    if (c.parameter) CHECK(got.body == c.parameter);
  }
}

TEST_CASE("Server: OPTIONS, TRACE and unknown methods are not served, and HEAD never has a body") {
  TestServer test;
  test.start();
  for (const char* method : {"OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND"}) {
    CAPTURE(method);
    RawClient client = test.client();
    client.send(std::string(method) + " /hello HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
    const Answer refused = client.answer();
    CHECK(refused.status == 405);
    CHECK(refused.has("Allow: GET, HEAD\r\n"));
    CHECK(client.answer().body == "hello");
  }
  RawClient client = test.client();
  for (const char* target : {"/hello", "/nowhere"}) {
    client.send("HEAD " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.answer(true).has("Content-Length: "));
  }
  client.send("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n" + get("/hello"));
  CHECK(client.answer().status == 404);
  CHECK(client.answer().body == "hello");
}
