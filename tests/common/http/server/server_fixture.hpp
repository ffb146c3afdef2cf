#pragma once
// A server on a free port with routes that answer what they were asked.

#include <doctest/doctest.h>

#include <string>

#include "common/http/server/server.hpp"
#include "tests/fakes/http_client.hpp"
#include "tests/fakes/http_eventually.hpp"

namespace certes::http {

using fakes::Answer;
using fakes::eventually;
using fakes::RawClient;

inline Response text(std::string body, int status = 200) {
  Response response;
  response.status = status;
  response.content_type = "text/plain";
  response.body = std::move(body);
  return response;
}

struct TestServer {
  explicit TestServer(ServerOptions options = {}) : server(std::move(options)) {
    server.direct("POST", "/echo", [](Loop&) {
      return [](const Request& request, Exchange exchange) { exchange.respond(text(std::string(request.body))); };
    });
    server.direct("GET", "/hello",
                  [](Loop&) { return [](const Request&, Exchange exchange) { exchange.respond(text("hello")); }; });
  }
  ~TestServer() { server.stop(Millis(0)); }

  void start() {
    const auto started = server.start();
    REQUIRE(started);
  }
  RawClient client() const { return RawClient(server.port()); }

  Server server;
};

inline std::string get(const std::string& path) { return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n"; }
inline std::string post(const std::string& path, const std::string& body) {
  return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace certes::http
