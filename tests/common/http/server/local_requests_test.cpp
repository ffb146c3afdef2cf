// Requests that no program on this machine has meant.
#include "common/http/server/local_requests.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::http;

namespace {

Request with(std::vector<HeaderView> headers) {
  Request request;
  request.peer = "127.0.0.1";
  request.headers = std::move(headers);
  return request;
}

}  // namespace

TEST_CASE("LocalRequests: a host is an address, localhost, a name without a dot, or one that is named") {
  const LocalRequests local({"Certes.Example.com"});
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9600", "10.1.2.3:1", "[::1]", "[::1]:9600", "[fd00::1]:80", "localhost",
        "localhost:9600", "LOCALHOST:9600", "a.localhost", "a.b.LocalHost:1", "certes", "certes:9600", "my_box-2",
        "host.docker.internal", "HOST.docker.internal:9600", "certes.example.com", "certes.EXAMPLE.com:65535"}) {
    CAPTURE(host);
    CHECK(local.check(with({{"Host", host}})));
  }
  for (const char* host : {"",
                           ":9600",
                           "evil.example",
                           "evil.example:9600",
                           "127.0.0.1.evil.example",
                           "127.0.0.1.",
                           "localhost.evil.example",
                           "localhost.",
                           "localhost.:9600",
                           ".localhost",
                           "a..localhost",
                           "evil.example.",
                           "xlocalhost.evil",
                           "::1",
                           "[::1",
                           "::1]",
                           "[127.0.0.1]",
                           "[::1].evil.example",
                           "[::1]evil",
                           "[fe80::1%25eth0]",
                           "[::1%evil.example]",
                           "127.0.0.1%evil.example",
                           "127.0.0.1:",
                           "127.0.0.1:x",
                           "127.0.0.1:80:80",
                           "127.0.0.1:123456",
                           "user@localhost",
                           "localhost/",
                           "local%68ost",
                           "localhost,evil",
                           "127.1",
                           "0x7f.0.0.1",
                           "docker.internal",
                           "x.host.docker.internal",
                           "a.certes.example.com",
                           "certes.example.com.evil",
                           "loc\xc3\xa4l"}) {
    CAPTURE(host);
    const auto checked = local.check(with({{"Host", host}}));
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == Code::forbidden);
    CHECK(checked.error().pointer == "Host");
    CHECK(checked.error().message.find("dev.hosts") != std::string::npos);
  }
  CHECK_FALSE(local.check(with({})));
  CHECK_FALSE(local.check(with({{"Host", "localhost"}, {"host", "localhost"}})));
}

TEST_CASE("LocalRequests: an origin is this listener's own") {
  const LocalRequests http, https({}, "https");
  const auto from = [](const LocalRequests& local, const char* origin) {
    return local.check(with({{"Host", "localhost:9610"}, {"Origin", origin}})).has_value();
  };
  CHECK(from(http, "http://localhost:9610"));
  CHECK(from(http, "HTTP://LocalHost:9610"));
  CHECK(from(https, "https://localhost:9610"));
  for (const char* origin :
       {"", "null", "http://", "https://localhost:9610", "http://localhost", "http://localhost:9600",
        "http://evil.example", "http://localhost:9610.evil.example", "http://localhost:9610/", "localhost:9610",
        "http://127.0.0.1:9610", "http://localhost:9610 http://evil.example", "chrome-extension://abc"}) {
    CAPTURE(origin);
    CHECK_FALSE(from(http, origin));
  }
  const auto twice =
      http.check(with({{"Host", "localhost"}, {"Origin", "http://localhost"}, {"Origin", "http://localhost"}}));
  REQUIRE_FALSE(twice);
  CHECK(twice.error().pointer == "Origin");
  CHECK(LocalRequests::check_no_page(with({{"Host", "hooks.example.com"}})));
  CHECK_FALSE(LocalRequests::check_no_page(with({{"Host", "localhost"}, {"Origin", "http://localhost"}})));
}

TEST_CASE("LocalRequests: a browser says that its user or a page of this origin sent it") {
  const LocalRequests local;
  const auto site = [&](const char* value) {
    return local.check(with({{"Host", "localhost"}, {"sec-fetch-site", value}})).has_value();
  };
  CHECK(site("none"));
  CHECK(site("same-origin"));
  for (const char* value : {"cross-site", "same-site", "Cross-Site", "", "other", "none, cross-site"}) {
    CAPTURE(value);
    CHECK_FALSE(site(value));
  }
}

TEST_CASE("Forwarding headers: each says that a proxy passes the request on") {
  for (const char* name : {"Forwarded", "forwarded", "X-Forwarded-For", "x-real-ip", "Via", "CF-Connecting-IP"})
    CHECK_FALSE(forwarding_header(with({{"Host", "a"}, {name, ""}})).empty());
  CHECK(forwarding_header(with({{"Host", "a"}, {"X-Other", "127.0.0.1"}})).empty());
}
