// direct_server [loops]: our server with one direct route that answers 202 at once: what the server itself costs beside
// raw_epoll_server. Prints its address, ends when standard input does.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "common/http/server/server.hpp"

using namespace certes;

int main(int argc, char** argv) {
  http::ServerOptions options;
  options.loops = argc > 1 ? std::atoi(argv[1]) : 1;
  http::Server server(options);
  server.direct("POST", "/events", [](http::Loop&) {
    return [](const http::Request&, http::Exchange exchange) {
      http::Response response;
      response.status = 202;
      response.content_type = "application/json";
      response.body = R"({"id":"evt_01ARZ3NDEKTSV4RRFFQ69G5FAV","status":"accepted"})";
      exchange.respond(std::move(response));
    };
  });
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().message.c_str());
    return 1;
  }
  std::printf("%s\n", server.address().c_str());
  std::fflush(stdout);
  char byte = 0;
  while (::read(0, &byte, 1) > 0) {
  }
  server.stop(Millis(1'000));
}
