#include "client/loopback.hpp"

#include <doctest/doctest.h>

using namespace certes::client;

TEST_CASE("Loopback: this machine by its names and addresses, in letters of any case") {
  for (const char* url : {"http://127.0.0.1:9600", "http://127.1.2.3/x", "http://localhost",
                          "https://LOCALHOST:9610/a?b", "HTTP://LocalHost#f", "http://api.localhost:1",
                          "http://[::1]:9600/", "http://[::1]", "http://me:secret@localhost/", "localhost:9600"}) {
    CAPTURE(url);
    CHECK(is_loopback(url));
  }
}

TEST_CASE("Loopback: what only begins like it is another machine") {
  for (const char* url :
       {"http://127.example.com/", "http://localhost.example.com", "http://localhosts", "http://[::2]", "http://[::1",
        "http://example.com/localhost", "http://localhost@example.com/", "http://128.0.0.1",
        "http://example.com?127.0.0.1", "http://", ""}) {
    CAPTURE(url);
    CHECK_FALSE(is_loopback(url));
  }
}
