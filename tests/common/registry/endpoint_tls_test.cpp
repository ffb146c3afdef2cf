// How an endpoint's `tls` is declared, kept and shown.
#include "common/registry/endpoint_tls.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "common/crypto/pem.hpp"
#include "common/registry/resource_json.hpp"
#include "tests/fakes/certificate.hpp"

using namespace certes;
using namespace certes::registry;
using Json = nlohmann::json;

namespace {

Result<Endpoint> declare_tls(const Json& tls, const std::string& url = "https://a/") {
  return parse<Endpoint>(Json{{"id", "a"}, {"url", url}, {"tls", tls}}.dump(), Form::declared);
}

void refuse_tls(const Json& tls, const std::string& pointer, const std::string& message) {
  const auto result = declare_tls(tls);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::invalid);
  CHECK(result.error().pointer == pointer);
  CHECK_MESSAGE(result.error().message.find(message) != std::string::npos, result.error().message);
}

}  // namespace

TEST_CASE("Endpoint JSON: tls is kept whole on the log, and shown without its PEM") {
  const fakes::Certificate authority, own("DNS:a", 10, &authority);
  const auto endpoint = declare_tls({{"ca", authority.pem()},
                                     {"cert", own.pem() + authority.pem()},
                                     {"key", own.key_pem()},
                                     {"server_name", "in-side.example"}});
  REQUIRE_MESSAGE(endpoint, endpoint.error().message);
  const std::string stored = stored_json(*endpoint);
  const auto again = parse<Endpoint>(stored, Form::stored);
  REQUIRE(again);
  CHECK(stored_json(*again) == stored);
  CHECK(again->tls->key == own.key_pem());
  const Json shown = Json::parse(shown_json(*again))["tls"];
  const Json set = {{"set", true}};
  CHECK(shown == Json({{"ca", set}, {"cert", set}, {"key", set}, {"server_name", "in-side.example"}}));
  CHECK_FALSE(declare_tls(Json::object())->tls);
  CHECK_FALSE(parse<Endpoint>(R"({"url":"https://a/"})", Form::declared)->tls);
}

TEST_CASE("Endpoint JSON: certificates and keys are looked at when they are declared") {
  const fakes::Certificate one("DNS:a"), other("DNS:b");
  const std::string broken = one.pem().replace(40, 8, "AAAAAAAA");
  refuse_tls({{"cert", one.pem()}}, "/tls/key", "belong together");
  refuse_tls({{"key", one.key_pem()}}, "/tls/cert", "belong together");
  refuse_tls({{"cert", one.pem()}, {"key", other.key_pem()}}, "/tls/key", "not the key of the certificate");
  refuse_tls({{"cert", one.pem()}, {"key", one.encrypted_key_pem("hush")}}, "/tls/key", "encrypted");
  refuse_tls({{"cert", one.pem()}, {"key", one.pem()}}, "/tls/key", "no private key");
  refuse_tls({{"cert", one.key_pem()}, {"key", one.key_pem()}}, "/tls/cert", "block 1");
  refuse_tls({{"cert", "x"}, {"key", one.key_pem()}}, "/tls/cert", "no certificate");
  refuse_tls({{"ca", ""}}, "/tls/ca", "no certificate");
  refuse_tls({{"ca", one.pem() + broken}}, "/tls/ca", "block 2");
  refuse_tls({{"ca", 7}}, "/tls/ca", "string");
  refuse_tls({{"insecure", true}}, "/tls/insecure", "not known");
}

TEST_CASE("Endpoint JSON: the name of a server is a host's, and tls is of https") {
  for (const char* name : {"a", "A.b-c.example", "1.example", "xn--bcher-kva.example"})
    CHECK(declare_tls({{"server_name", name}}));
  for (const char* name :
       {"", ".", "a.", ".a", "a..b", "-a", "a b", "a/b", "a:1", "192.0.2.1", "2001:db8::1", "a@b", "*"})
    refuse_tls({{"server_name", name}}, "/tls/server_name", "no name of a host");
  const auto plain = declare_tls({{"server_name", "a"}}, "HTTP://a/");
  REQUIRE_FALSE(plain);
  CHECK(plain.error().pointer == "/tls");
  const auto workers =
      parse<Endpoint>(R"({"urls":["https://a/","http://b/"],"tls":{"server_name":"a"}})", Form::declared);
  REQUIRE_FALSE(workers);
  CHECK(workers.error().pointer == "/tls");
}

TEST_CASE("PEM: until when a certificate is good is its own") {
  const UnixMillis now = SystemClock().unix_millis();
  const auto until = crypto::valid_until(fakes::Certificate("DNS:a", 10).pem());
  REQUIRE(until);
  CHECK(std::abs(*until - now - 10 * 86'400'000LL) < 3'600'000);
  CHECK(crypto::valid_until(fakes::Certificate("DNS:a", -1).pem()).value() < now);
  CHECK_FALSE(crypto::valid_until("x"));
}
