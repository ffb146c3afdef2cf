#include "common/http/server/forwarded.hpp"

#include <doctest/doctest.h>

using namespace certes::http;

namespace {

std::string client(std::string_view peer, const std::vector<std::string_view>& forwarded,
                   const std::vector<std::string>& trusted) {
  Request request;
  request.peer = peer;
  for (const std::string_view value : forwarded) request.headers.push_back({"X-Forwarded-For", value});
  return std::string(client_address(request, Networks::make(trusted, "gateway.trusted_proxies").value()));
}

}  // namespace

TEST_CASE("Forwarded: the header counts from trusted proxies only") {
  CHECK(client("198.51.100.1", {"192.0.2.1"}, {}) == "198.51.100.1");
  CHECK(client("198.51.100.1", {"192.0.2.1"}, {"10.0.0.0/8"}) == "198.51.100.1");
  CHECK(client("10.0.0.1", {"192.0.2.1"}, {"10.0.0.0/8"}) == "192.0.2.1");
  CHECK(client("10.0.0.1", {}, {"10.0.0.0/8"}) == "10.0.0.1");
}

TEST_CASE("Forwarded: what stands before a proxy's own entry is anybody's word") {
  CHECK(client("10.0.0.1", {"127.0.0.1, 192.0.2.1"}, {"10.0.0.0/8"}) == "192.0.2.1");
  CHECK(client("10.0.0.1", {"127.0.0.1", "192.0.2.1"}, {"10.0.0.0/8"}) == "192.0.2.1");
  CHECK(client("10.0.0.1", {"127.0.0.1, 192.0.2.1, 10.0.0.7"}, {"10.0.0.0/8"}) == "192.0.2.1");
  CHECK(client("10.0.0.1", {"127.0.0.1", "192.0.2.1 ,\t10.0.0.7"}, {"10.0.0.0/8"}) == "192.0.2.1");
  CHECK(client("10.0.0.1", {"10.0.0.9, 10.0.0.7"}, {"10.0.0.0/8"}) == "10.0.0.9");
}

TEST_CASE("Forwarded: ports and brackets are passed over, and what is no address is nobody") {
  CHECK(client("10.0.0.1", {"192.0.2.1:4711"}, {"10.0.0.0/8"}) == "192.0.2.1");
  CHECK(client("10.0.0.1", {"[2001:db8::1]:4711"}, {"10.0.0.0/8"}) == "2001:db8::1");
  CHECK(client("10.0.0.1", {"2001:db8::1"}, {"10.0.0.0/8"}) == "2001:db8::1");
  CHECK(client("::ffff:10.0.0.1", {"192.0.2.1"}, {"10.0.0.0/8"}) == "192.0.2.1");
  for (const char* nobody : {"unknown", "_hidden", "192.0.2.1,", "[", "[]", ":", "127.0.0.1 x"}) {
    CAPTURE(nobody);
    CHECK(client("10.0.0.1", {nobody}, {"10.0.0.0/8"}).empty());
  }
  CHECK(client("10.0.0.1", {""}, {"10.0.0.0/8"}) == "10.0.0.1");
}

TEST_CASE("Forwarded: scheme and host, once each, and nothing that is none") {
  const auto origin = [](const std::vector<HeaderView>& headers) {
    Request request;
    request.headers = headers;
    return forwarded_origin(request);
  };
  CHECK(origin({})->scheme.empty());
  CHECK(origin({})->host.empty());
  const auto found = origin({{"X-Forwarded-Proto", "HTTPS"}, {"x-forwarded-HOST", "a.example:8443"}});
  CHECK(found->scheme == "https");
  CHECK(found->host == "a.example:8443");
  CHECK(origin({{"X-Forwarded-Host", "[2001:db8::1]"}})->host == "[2001:db8::1]");
  for (const char* bad : {"https, http", "ftp", "https:", "https://a"}) {
    CAPTURE(bad);
    CHECK(origin({{"X-Forwarded-Proto", bad}}).error().pointer == "x-forwarded-proto");
  }
  for (const char* bad : {"a.example, b.example", "a/b", "user@a", "a?b", "a#b", "a b", "a\\b"}) {
    CAPTURE(bad);
    CHECK(origin({{"X-Forwarded-Host", bad}}).error().pointer == "x-forwarded-host");
  }
  CHECK(origin({{"X-Forwarded-Proto", "http"}, {"X-Forwarded-Proto", "http"}}).error().pointer == "x-forwarded-proto");
}
