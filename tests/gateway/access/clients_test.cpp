#include "gateway/access/clients.hpp"

#include <doctest/doctest.h>

#include "gateway/access/caller.hpp"

using namespace certes;
using namespace certes::gateway;

namespace {

config::Settings behind_proxies(bool dev = true) {
  config::Settings settings;
  settings.dev = dev;
  settings.allow_from = {"172.17.0.0/16"};
  settings.gateway.trusted_proxies = {"127.0.0.1", "10.0.0.0/8"};
  return settings;
}

http::Request request_from(std::string_view peer, std::vector<http::HeaderView> headers = {}) {
  http::Request request;
  request.peer = peer;
  request.path = "/events/shop";
  request.headers = std::move(headers);
  return request;
}

}  // namespace

TEST_CASE("Clients: in --dev a proxy on loopback is not the client it speaks for") {
  const Clients clients(behind_proxies());
  const auto needs_no_key = [&](std::string_view peer, std::string_view forwarded) {
    return clients.needs_no_key(request_from(peer, {{"X-Forwarded-For", forwarded}}));
  };
  CHECK_FALSE(needs_no_key("127.0.0.1", "192.0.2.1"));
  CHECK_FALSE(needs_no_key("10.0.0.1", "192.0.2.1"));
  CHECK_FALSE(needs_no_key("127.0.0.1", "127.0.0.1, 192.0.2.1"));
  CHECK_FALSE(needs_no_key("127.0.0.1", "unknown"));
  CHECK(needs_no_key("127.0.0.1", "172.17.0.9"));
  CHECK(needs_no_key("10.0.0.1", "::1"));
  CHECK(clients.needs_no_key(request_from("127.0.0.1")));
  CHECK_FALSE(clients.needs_no_key(request_from("10.0.0.1")));
  // Nobody else's word counts.
  CHECK_FALSE(needs_no_key("192.0.2.1", "127.0.0.1"));
  CHECK(needs_no_key("127.0.0.2", "192.0.2.1"));
}

TEST_CASE("Clients: without a key, what a proxy passes on counts only by a trusted one's word") {
  const Clients clients(behind_proxies());
  const auto refused = [&](std::string_view peer, std::vector<http::HeaderView> headers) -> std::string {
    headers.push_back({"Host", "localhost"});
    const auto checked = clients.check_keyless(request_from(peer, std::move(headers)));
    return checked ? "" : checked.error().pointer;
  };
  CHECK(refused("127.0.0.2", {}).empty());
  CHECK(refused("127.0.0.2", {{"X-Forwarded-For", "127.0.0.1"}}) == "X-Forwarded-For");
  CHECK(refused("127.0.0.2", {{"X-Real-IP", "127.0.0.1"}}) == "X-Real-IP");
  CHECK(refused("127.0.0.2", {{"Forwarded", "for=127.0.0.1"}}) == "Forwarded");
  CHECK(refused("127.0.0.2", {{"Via", "1.1 x"}}) == "Via");
  CHECK(refused("127.0.0.2", {{"CF-Connecting-IP", "127.0.0.1"}}) == "CF-Connecting-IP");
  CHECK(refused("127.0.0.1", {{"X-Forwarded-For", "127.0.0.9"}, {"Via", "1.1 x"}}).empty());
  CHECK(refused("127.0.0.1", {{"Via", "1.1 x"}}) == "Via");
  CHECK(refused("127.0.0.1", {{"X-Forwarded-For", ""}}) == "X-Forwarded-For");
  // Whoever needs a key, or has one, is asked for it or by it.
  CHECK(refused("192.0.2.1", {{"X-Forwarded-For", "127.0.0.1"}}).empty());
  CHECK(refused("127.0.0.2", {{"Via", "1.1 x"}, {"Authorization", "Bearer x"}}).empty());
}

TEST_CASE("Clients: without --dev everybody needs a key") {
  const Clients clients(behind_proxies(false));
  for (const char* peer : {"127.0.0.1", "172.17.0.1", "::1"}) CHECK_FALSE(clients.needs_no_key(request_from(peer)));
}

TEST_CASE("authenticate: one connection of a proxy carries clients with and without the right") {
  const auto settings = behind_proxies();
  const auto good = [&](std::string_view forwarded) {
    return authenticate(request_from("127.0.0.1", {{"X-Forwarded-For", forwarded}}), registry::State(), settings,
                        SystemClock())
        .has_value();
  };
  CHECK(good("172.17.0.9"));
  CHECK_FALSE(good("198.51.100.7"));
}

TEST_CASE("Clients: the URL that was called, by a trusted proxy's word or by the request itself") {
  config::Settings settings = behind_proxies();
  const std::vector<http::HeaderView> headers = {
      {"Host", "inner:9600"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "hooks.example.com"}};
  const auto url = [&](std::string_view peer, const std::vector<http::HeaderView>& sent, std::string_view query = "") {
    http::Request request = request_from(peer, sent);
    request.query = query;
    return Clients(settings).url_of(request);
  };
  CHECK(url("10.0.0.1", headers) == "https://hooks.example.com/events/shop");
  CHECK(url("10.0.0.1", headers, "a=%20b") == "https://hooks.example.com/events/shop?a=%20b");
  CHECK(url("192.0.2.1", headers) == "http://inner:9600/events/shop");
  CHECK(url("10.0.0.1", {headers[0]}) == "http://inner:9600/events/shop");
  CHECK(url("10.0.0.1", {headers[0], headers[1]}) == "https://inner:9600/events/shop");
  settings.gateway.tls_cert_file = "cert.pem";
  CHECK(url("192.0.2.1", {headers[0]}) == "https://inner:9600/events/shop");
  const auto twice = url("10.0.0.1", {headers[0], headers[1], headers[1]});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().code == Code::unauthenticated);
  CHECK(twice.error().pointer == "x-forwarded-proto");
}
