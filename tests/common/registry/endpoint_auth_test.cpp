// How an endpoint's `auth` is declared, kept and shown.
#include "common/registry/endpoint_auth.hpp"

#include <doctest/doctest.h>

#include "common/registry/resource_json.hpp"

using namespace certes;
using namespace certes::registry;

namespace {

Result<Endpoint> declare(const std::string& auth, const std::string& more = {}) {
  return parse<Endpoint>(R"({"id":"a","url":"https://a/","auth":)" + auth + more + "}", Form::declared);
}

void refuse_auth(const std::string& auth, const std::string& pointer, const std::string& message,
                 const std::string& more = {}) {
  CAPTURE(auth);
  const auto result = declare(auth, more);
  REQUIRE_FALSE(result);
  CHECK(result.error().code == Code::invalid);
  CHECK(result.error().pointer == pointer);
  CHECK_MESSAGE(result.error().message.find(message) != std::string::npos, result.error().message);
}

// Whether the list names it.
bool names(std::string_view list, std::string_view name) {
  return (" " + std::string(list) + " ").find(" " + std::string(name) + " ") != std::string::npos;
}

}  // namespace

TEST_CASE("Endpoint JSON: auth is kept whole on the log, and shown without what is secret") {
  const struct {
    const char *declared, *shown;
  } cases[] = {
      {R"({"scheme":"basic","username":"u","password":"hush"})",
       R"({"scheme":"basic","username":"u","password":{"set":true}})"},
      {R"({"scheme":"bearer","token":"hush"})", R"({"scheme":"bearer","token":{"set":true}})"},
      {R"({"scheme":"header","name":"X-Key","value":"hush"})",
       R"({"scheme":"header","name":"X-Key","value":{"set":true}})"},
      {R"({"scheme":"oauth2","token_url":"https://i/","client_id":"c","client_secret":"hush","scope":"s"})",
       R"({"scheme":"oauth2","token_url":"https://i/","client_id":"c","client_secret":{"set":true},"scope":"s"})"},
      {R"({"scheme":"aws_sigv4","service":"lambda","region":"eu-west-1","access_key_id":"A","secret_access_key":"hush"})",
       R"({"scheme":"aws_sigv4","service":"lambda","region":"eu-west-1","access_key_id":"A","secret_access_key":{"set":true}})"},
  };
  for (const auto& one : cases) {
    const auto endpoint = declare(one.declared);
    REQUIRE(endpoint);
    const std::string stored = stored_json(*endpoint);
    const auto again = parse<Endpoint>(stored, Form::stored);
    REQUIRE(again);
    CHECK(stored_json(*again) == stored);
    CHECK(stored.find(one.declared) != std::string::npos);
    CHECK(shown_json(*again).find("\"auth\":" + std::string(one.shown)) != std::string::npos);
    CHECK(shown_json(*again).find("hush") == std::string::npos);
  }
  CHECK_FALSE(parse<Endpoint>(R"({"url":"https://a/"})", Form::declared)->auth);
}

TEST_CASE("Endpoint JSON: auth has what its scheme needs, and nothing else") {
  refuse_auth("7", "/auth", "object");
  refuse_auth("{}", "/auth/scheme", "missing");
  refuse_auth(R"({"scheme":"digest"})", "/auth/scheme", "only " + auth_scheme_names());
  refuse_auth(R"({"scheme":"bearer","token":"t","colour":"red"})", "/auth/colour", "not known");
  for (const AuthScheme& scheme : auth_schemes())
    for (const auto& member : EndpointAuth::members()) {
      std::string json = R"({"scheme":")" + std::string(scheme.name) + "\"";
      for (const auto& other : EndpointAuth::members())
        if (scheme.needs_member(other.name) != (other.name == member.name))
          json += ",\"" + std::string(other.name) + R"(":"x")";
      const bool needed = names(scheme.needs, member.name);
      if (needed || !scheme.takes_member(member.name))
        refuse_auth(json + "}", "/auth/" + std::string(member.name), needed ? "needs" : "takes no");
    }
}

TEST_CASE("Endpoint JSON: what cannot be sent as auth is refused where it stands") {
  refuse_auth(R"({"scheme":"basic","username":"a:b","password":"p"})", "/auth/username", "colon");
  refuse_auth(R"({"scheme":"basic","username":"a","password":""})", "/auth/password", "empty");
  refuse_auth(R"({"scheme":"basic","username":"a","password":"p\n"})", "/auth/password", "white space");
  refuse_auth(R"({"scheme":"basic","username":"a\u0001b","password":"p"})", "/auth/username", "control");
  refuse_auth(R"({"scheme":"bearer","token":"a b"})", "/auth/token", "visible");
  refuse_auth(R"({"scheme":"bearer","token":"a\r\nb"})", "/auth/token", "control");
  refuse_auth(R"({"scheme":"bearer","token":7})", "/auth/token", "string");
  refuse_auth(R"({"scheme":"header","name":"X Y","value":"v"})", "/auth/name", "no name");
  refuse_auth(R"({"scheme":"header","name":"Webhook-Id","value":"v"})", "/auth/name", "sets itself");
  refuse_auth(R"({"scheme":"header","name":"X-Key","value":"v\u0000"})", "/auth/value", "control");
  refuse_auth(R"({"scheme":"bearer","token":")" + std::string(4'097, 'x') + "\"}", "/auth/token", "longer than 4096");
}

TEST_CASE("Endpoint JSON: the header that auth is sent in is no other's") {
  refuse_auth(R"({"scheme":"bearer","token":"t"})", "/headers/AUTHORIZATION", "\"auth\" is sent in",
              R"(,"headers":{"AUTHORIZATION":"x"})");
  refuse_auth(R"({"scheme":"header","name":"X-Key","value":"v"})", "/headers/x-key", "\"auth\" is sent in",
              R"(,"headers":{"x-key":"x"})");
  CHECK(declare(R"({"scheme":"header","name":"X-Key","value":"v"})", R"(,"headers":{"Authorization":"x"})"));
  const std::string aws =
      R"({"scheme":"aws_sigv4","service":"lambda","region":"eu-west-1","access_key_id":"A","secret_access_key":"s"})";
  refuse_auth(aws, "/headers/X-Amz-Date", "\"auth\" is sent in", R"(,"headers":{"X-Amz-Date":"x"})");
  CHECK(declare(aws, R"(,"headers":{"X-Amz-Target":"x"})"));
}

TEST_CASE("Endpoint JSON: what a signature for AWS cannot have is refused") {
  const auto with = [](const std::string& service, const std::string& region, const std::string& key) {
    return R"({"scheme":"aws_sigv4","service":")" + service + R"(","region":")" + region + R"(","access_key_id":")" +
           key + R"(","secret_access_key":"s","session_token":"t"})";
  };
  CHECK(declare(with("execute-api", "us-east-1", "AKID")));
  refuse_auth(with("a/b", "r", "A"), "/auth/service", "hyphen");
  refuse_auth(with("a", "US", "A"), "/auth/region", "hyphen");
  refuse_auth(with("a", "r", "A/b"), "/auth/access_key_id", "id of a key");
  for (const char* urls : {R"("url":"https://a/?x=a+b")", R"("urls":["https://a/","https://b/?+"])"}) {
    const auto result =
        parse<Endpoint>("{" + std::string(urls) + R"(,"auth":)" + with("a", "r", "A") + "}", Form::declared);
    REQUIRE_FALSE(result);
    CHECK(result.error().pointer == (std::string(urls).starts_with("\"urls") ? "/urls/1" : "/url"));
  }
  CHECK(parse<Endpoint>(R"({"url":"https://a/+?x=%2B","auth":)" + with("a", "r", "A") + "}", Form::declared));
}

TEST_CASE("Endpoint JSON: a stored scheme that is not known is not understood") {
  CHECK_FALSE(parse<Endpoint>(R"({"url":"https://a/","auth":{"scheme":"later","token":"sealed:v1:x"}})", Form::stored));
}
