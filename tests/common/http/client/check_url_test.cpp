#include <doctest/doctest.h>

#include "common/http/client/sender.hpp"
#include "common/http/client/url_parts.hpp"

using certes::http::AddressPolicy;
using certes::http::check_url;

namespace {

std::string verdict(std::string_view url, const std::vector<std::string>& allow = {}) {
  const auto result = check_url(url, AddressPolicy::make(allow).value());
  return result ? "" : result.error().message;
}

}  // namespace

TEST_CASE("check_url: takes http and https with a host") {
  for (const char* url : {"http://example.com", "https://example.com/hook?a=b", "https://example.com:8443/x",
                          "http://8.8.8.8/", "http://[2606:4700::1111]:80/a", "http://localhost:3000/"}) {
    CAPTURE(std::string(url));
    CHECK(verdict(url) == "");
  }
}

TEST_CASE("check_url: says what is wrong") {
  const std::pair<const char*, const char*> bad[] = {
      {"ftp://example.com/", "must begin with http"},
      {"file:///etc/passwd", "must begin with http"},
      {"example.com/hook", "not well-formed"},
      {"", "not well-formed"},
      {"http://", "not well-formed"},
      {"http:///path", "not well-formed"},
      {"http:/example.com/", "not well-formed"},
      {"http://user:secret@example.com/", "credentials"},
      {"http://user@example.com/", "credentials"},
      {"http://example.com/#part", "fragment"},
      {"http://example.com/#", "fragment"},
      {"http://example.com:99999/", "not well-formed"},
      {"http://example.com:0/", "port 0"},
      {"http://example.com/a b", "percent-encoded"},
      {"http://example.com\\@other.com/", "percent-encoded"},
      {"http://ex\xc3\xa4mple.com/", "percent-encoded"},
      {"http://[fe80::1%25eth0]/", "zone"},
  };
  for (const auto& [url, why] : bad) {
    CAPTURE(std::string(url));
    CHECK_MESSAGE(verdict(url).find(why) != std::string::npos, verdict(url));
  }
}

TEST_CASE("check_url: a literal address must be one that may be dialled, however it is written") {
  for (const char* url :
       {"http://127.0.0.1/", "http://2130706433/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/",
        "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://169.254.169.254/latest"}) {
    CAPTURE(std::string(url));
    CHECK(verdict(url).find("dispatcher.allow_networks") != std::string::npos);
  }
  CHECK(verdict("http://127.0.0.1:8080/", {"127.0.0.0/8"}) == "");
  CHECK(verdict("http://[::1]/", {"::1/128"}) == "");
}

TEST_CASE("origin_of: scheme, host and port as they stand there, and nothing else") {
  CHECK(certes::http::origin_of("http://a.example.com:8080/hooks/secret?key=1") == "http://a.example.com:8080");
  CHECK(certes::http::origin_of("https://a.example.com/") == "https://a.example.com");
  CHECK(certes::http::origin_of("http://[::1]:80/") == "http://[::1]:80");
  CHECK(certes::http::origin_of("").empty());
}

TEST_CASE("URL: the host in it, and another in its place") {
  const struct {
    const char *url, *authority, *moved;
  } cases[] = {
      {"https://a.example/x?y=http://b/", "a.example", "https://n.example/x?y=http://b/"},
      {"https://a.example:8443/x/../y", "a.example:8443", "https://n.example:8443/x/../y"},
      {"https://[2001:db8::1]/x", "[2001:db8::1]", "https://n.example/x"},
      {"https://[2001:db8::1]:8443?z", "[2001:db8::1]:8443", "https://n.example:8443?z"},
      {"https://192.0.2.1", "192.0.2.1", "https://n.example"},
  };
  for (const auto& one : cases) {
    CHECK(certes::http::authority_of(one.url) == one.authority);
    CHECK(certes::http::with_host(one.url, "n.example") == one.moved);
  }
}

TEST_CASE("URL: what a request says of it") {
  const struct {
    const char *url, *host, *path, *query;
  } cases[] = {
      {"https://a.example", "a.example", "/", ""},
      {"https://a.example:443?x=/y", "a.example", "/", "x=/y"},
      {"https://a.example:80/", "a.example:80", "/", ""},
      {"http://a.example:80/x/../y?z?", "a.example", "/x/../y", "z?"},
      {"http://[2001:db8::443]/x", "[2001:db8::443]", "/x", ""},
      {"https://[2001:db8::1]:443/x?", "[2001:db8::1]", "/x", ""},
  };
  for (const auto& one : cases) {
    CAPTURE(one.url);
    const auto parts = certes::http::url_parts(one.url);
    CHECK(parts.host == one.host);
    CHECK(parts.path == one.path);
    CHECK(parts.query == one.query);
  }
}
