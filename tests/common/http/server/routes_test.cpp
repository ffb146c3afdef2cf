#include "common/http/server/routes.hpp"

#include <doctest/doctest.h>

using namespace certes::http;

namespace {

RouteTable table(std::initializer_list<std::pair<const char*, const char*>> routes) {
  RouteTable made;
  for (const auto& [method, pattern] : routes) {
    Route route;
    route.method = method;
    route.pattern = pattern;
    made.add(std::move(route));
  }
  return made;
}

std::string found(const RouteTable& routes, const char* method, const char* path) {
  const RouteTable::Match match = routes.find(method, path);
  if (match.route) return match.route->method + " " + match.route->pattern;
  return match.allow.empty() ? "404" : "405 " + match.allow;
}

}  // namespace

TEST_CASE("RouteTable: the most specific pattern that has the method wins") {
  const RouteTable routes = table({{"GET", "/sources/{id}"},
                                   {"GET", "/sources/export"},
                                   {"POST", "/events"},
                                   {"POST", "/events/{source}"},
                                   {"POST", "/t/{tenant}/events/{source}"},
                                   {"GET", "/{any}/{thing}"},
                                   {"GET", "/"}});
  CHECK(found(routes, "GET", "/sources/export") == "GET /sources/export");
  CHECK(found(routes, "GET", "/sources/a") == "GET /sources/{id}");
  CHECK(found(routes, "POST", "/events") == "POST /events");
  CHECK(found(routes, "POST", "/events/github") == "POST /events/{source}");
  CHECK(found(routes, "POST", "/t/a/events/github") == "POST /t/{tenant}/events/{source}");
  CHECK(found(routes, "GET", "/x/y") == "GET /{any}/{thing}");
  CHECK(found(routes, "GET", "/") == "GET /");
}

TEST_CASE("RouteTable: no path is 404, no method is 405 with those that are") {
  const RouteTable routes = table({{"GET", "/a/{x}"}, {"DELETE", "/a/{x}"}, {"PUT", "/a/b"}, {"POST", "/c"}});
  CHECK(found(routes, "GET", "/nothing") == "404");
  CHECK(found(routes, "GET", "/a/") == "404");
  CHECK(found(routes, "GET", "/a/b/c") == "404");
  CHECK(found(routes, "GET", "*") == "404");
  CHECK(found(routes, "GET", "/c/") == "404");
  CHECK(found(routes, "POST", "/a/x") == "405 GET, HEAD, DELETE");
  CHECK(found(routes, "POST", "/a/b") == "405 PUT, GET, HEAD, DELETE");
  CHECK(found(routes, "GET", "/c") == "405 POST");
  CHECK(found(routes, "GET", "/a/b") == "GET /a/{x}");
}

TEST_CASE("RouteTable: HEAD is served by GET unless it has a route") {
  const RouteTable routes = table({{"GET", "/a"}, {"GET", "/b"}, {"HEAD", "/b"}, {"GET", "/{c}/d"}});
  CHECK(found(routes, "HEAD", "/a") == "GET /a");
  CHECK(found(routes, "HEAD", "/b") == "HEAD /b");
  CHECK(found(routes, "HEAD", "/x/d") == "GET /{c}/d");
}

TEST_CASE("path_parameter: gives the segment, decoded once") {
  CHECK(path_parameter("/t/{tenant}/events/{source}", "/t/a/events/b", "tenant") == "a");
  CHECK(path_parameter("/t/{tenant}/events/{source}", "/t/a/events/b%2Fc%2520", "source") == "b/c%20");
  CHECK(path_parameter("/x/{id}", "/x/a+b", "id") == "a+b");
  CHECK_FALSE(path_parameter("/x/{id}", "/x/%zz", "id"));
  CHECK_FALSE(path_parameter("/x/{id}", "/x/a%2", "id"));
  CHECK_FALSE(path_parameter("/x/{id}", "/x/a", "other"));
}

TEST_CASE("query_parameter: gives the first of that name, decoded") {
  CHECK(query_parameter("a=1&b=x+y%26z&a=2", "a") == "1");
  CHECK(query_parameter("a=1&b=x+y%26z", "b") == "x y&z");
  CHECK(query_parameter("flag&b=", "flag") == "");
  CHECK(query_parameter("flag&b=", "b") == "");
  CHECK_FALSE(query_parameter("a=1", "b"));
  CHECK_FALSE(query_parameter("", "b"));
}

TEST_CASE("Request: headers are found without regard to case") {
  Request request;
  request.headers = {{"Content-Type", "a"}, {"X-One", "1"}, {"x-one", "2"}};
  CHECK(request.header("content-type") == "a");
  CHECK(request.header("X-ONE") == "1");
  CHECK(request.header("missing").empty());
  CHECK(request.has_header("CONTENT-TYPE"));
  CHECK_FALSE(request.has_header("content"));
}
