// Sealed members: {"set":true} is shown in their place, and taken for "as it is".
#include "common/registry/endpoint_auth.hpp"
#include "common/registry/endpoint_tls.hpp"
#include "tests/api/fixture.hpp"
#include "tests/fakes/certificate.hpp"

using namespace certes;
using namespace certes::api::testing;

namespace {

const Json kSet = {{"set", true}};

void refuse(const Answer& answer, const std::string& pointer) {
  CHECK_MESSAGE(answer.status == 400, answer.body);
  CHECK(answer.json.value("pointer", "") == pointer);
}

}  // namespace

TEST_CASE("Master API: an endpoint's header values are sealed, shown as set, and left as they are") {
  Installation installation;
  Process api(installation);
  const Json body = {{"url", "https://example.com/"}, {"headers", {{"Authorization", "Bearer hush"}, {"X-Own", "1"}}}};
  const auto created = api.put("/endpoints/a", body);
  REQUIRE(created.status == 201);
  CHECK(created.json["headers"] == Json({{"Authorization", kSet}, {"X-Own", kSet}}));
  CHECK(created.json["secret"].get<std::string>().starts_with("whsec_"));
  const auto shown = api.get("/endpoints/a");
  CHECK(shown.body.find("hush") == std::string::npos);
  CHECK(shown.body.find("sealed") == std::string::npos);
  CHECK(shown.json["secret"] == kSet);
  const auto header = [&](const std::string& name) -> std::string {
    const auto endpoint = api.registry.state()->endpoint("default", "a");
    CHECK(endpoint->body->find("hush") == std::string::npos);
    for (const auto& [known, sealed] : endpoint->headers)
      if (known == name) return *api.sealer.open(sealed, header_seal_context(*endpoint, known));
    return "none";
  };
  CHECK(header("Authorization") == "Bearer hush");

  CHECK(api.put("/endpoints/a", shown.json).json["version"] == 1);
  CHECK(api.patch("/endpoints/a", shown.json).json["version"] == 1);
  CHECK(api.put("/endpoints/a", body).json["version"] == 1);
  CHECK(api.patch("/endpoints/a", {{"headers", {{"X-Own", "2"}}}}).json["version"] == 2);
  CHECK(header("Authorization") == "Bearer hush");
  CHECK(header("X-Own") == "2");
  CHECK(api.put("/endpoints/a", {{"url", "https://example.com/"}, {"headers", {{"authorization", kSet}}}}).status ==
        200);
  CHECK(header("authorization") == "Bearer hush");
  CHECK(header("X-Own") == "none");
  CHECK(api.patch("/endpoints/a", {{"headers", {{"authorization", nullptr}}}}).status == 200);
  CHECK_FALSE(api.get("/endpoints/a").json.contains("headers"));

  refuse(api.patch("/endpoints/a", {{"headers", {{"X/Y", kSet}}}}), "/headers/X~1Y");
  refuse(api.put("/endpoints/b", {{"url", "https://example.com/"}, {"headers", {{"A", kSet}}}}), "/headers/A");
  refuse(api.post("/endpoints", {{"url", "https://example.com/"}, {"secret", kSet}}), "/secret");
  refuse(api.patch("/endpoints/a", {{"headers", {{"A", {{"set", false}}}}}}), "/headers/A");
  refuse(api.patch("/endpoints/a", {{"headers", {{"A", {{"set", true}, {"x", 1}}}}}}), "/headers/A");
}

TEST_CASE("Master API: an endpoint's secret stays where it is said to be as it is") {
  Installation installation;
  Process api(installation);
  const auto created = api.put("/endpoints/a", {{"url", "https://example.com/"}});
  REQUIRE(api.post("/endpoints/a/rotate-secret", Json::object()).status == 200);
  CHECK(api.put("/endpoints/a", api.get("/endpoints/a").json).json["version"] == 2);
  CHECK(api.registry.state()->endpoint("default", "a")->secrets.size() == 2);
  const auto changed = api.put("/endpoints/a", {{"url", "https://example.com/x"}, {"secret", kSet}});
  CHECK(changed.json["secret"] == kSet);
  CHECK(api.registry.state()->endpoint("default", "a")->secrets.size() == 2);
  CHECK(api.patch("/endpoints/a", {{"secret", created.json["secret"]}}).status == 200);
  CHECK(api.registry.state()->endpoint("default", "a")->secrets.size() == 1);
}

TEST_CASE("Master API: a source's secrets are left as they are, each at its place") {
  Installation installation;
  Process api(installation);
  const auto secrets = [&] {
    std::string all;
    const auto source = api.registry.state()->source("default", "hub");
    for (const auto& sealed : source->verify.secrets) all += *api.sealer.open(sealed, "default/sources/hub") + " ";
    if (!source->verify.verify_token.empty())
      all += *api.sealer.open(source->verify.verify_token, "default/sources/hub");
    return all;
  };
  REQUIRE(api.put("/sources/hub", {{"verify", {{"scheme", "meta"}, {"secrets", {"a", "b"}}, {"verify_token", "t"}}}})
              .status == 201);
  const auto shown = api.get("/sources/hub").json;
  CHECK(shown["verify"]["secrets"] == Json({kSet, kSet}));
  CHECK(shown["verify"]["verify_token"] == kSet);
  CHECK(api.put("/sources/hub", shown).json["version"] == 1);
  CHECK(api.patch("/sources/hub", {{"verify", {{"secret", kSet}}}}).json["version"] == 1);
  CHECK(api.patch("/sources/hub", {{"verify", {{"secrets", {"new", kSet}}}}}).json["version"] == 2);
  CHECK(secrets() == "new b t");
  CHECK(api.patch("/sources/hub", {{"verify", {{"verify_token", nullptr}}}}).json["version"] == 3);
  CHECK(secrets() == "new b ");
  CHECK(api.patch("/sources/hub", {{"verify", {{"secret", "one"}}}}).json["verify"]["secret"] == kSet);
  CHECK(secrets() == "one ");
  CHECK(api.put("/sources/hub", {{"verify", {{"scheme", "meta"}}}}).json["version"] == 4);
  CHECK(secrets() == "one ");

  const auto with = [](Json verify) { return Json{{"verify", std::move(verify)}}; };
  refuse(api.patch("/sources/hub", with({{"secrets", {"x", kSet}}})), "/verify/secrets/1");
  refuse(api.patch("/sources/hub", with({{"verify_token", kSet}})), "/verify/verify_token");
  refuse(api.patch("/sources/hub", with({{"scheme", "github"}})), "/verify/secret");
  refuse(api.patch("/sources/hub", with({{"scheme", "github"}, {"secret", kSet}})), "/verify/secret");
  refuse(api.put("/sources/new", with({{"scheme", "github"}, {"secret", kSet}})), "/verify/secret");
}

TEST_CASE("Master API: the audit trail names sealed members, and never their values") {
  Installation installation;
  Process api(installation);
  REQUIRE(api.put("/endpoints/a", {{"url", "https://example.com/"}, {"headers", {{"A", "one"}}}}).status == 201);
  REQUIRE(api.patch("/endpoints/a", {{"headers", {{"A", "two"}}}}).status == 200);
  const auto trail = api.get("/audit?kind=endpoints");
  CHECK(trail.json["items"][0]["members"] == Json({"/headers/A"}));
  CHECK(trail.body.find("two") == std::string::npos);
  CHECK(trail.body.find("sealed") == std::string::npos);
}

TEST_CASE("Master API: an endpoint's auth is sealed, shown as set, and merged by its scheme") {
  Installation installation;
  Process api(installation);
  const auto with = [](Json auth) { return Json{{"url", "https://example.com/"}, {"auth", std::move(auth)}}; };
  const auto patch = [&](Json auth) { return api.patch("/endpoints/a", {{"auth", std::move(auth)}}); };
  const Json basic = {{"scheme", "basic"}, {"username", "u"}, {"password", "hush"}};
  const auto password = [&] {
    const auto endpoint = api.registry.state()->endpoint("default", "a");
    CHECK(endpoint->body->find("hush") == std::string::npos);
    return *api.sealer.open(endpoint->auth->password, "default/endpoints/a/auth/password");
  };
  const auto created = api.put("/endpoints/a", with(basic));
  REQUIRE(created.status == 201);
  CHECK(created.json["auth"] == Json({{"scheme", "basic"}, {"username", "u"}, {"password", kSet}}));
  const auto shown = api.get("/endpoints/a");
  CHECK(shown.body.find("hush") == std::string::npos);
  CHECK(shown.body.find("sealed") == std::string::npos);
  CHECK(password() == "hush");
  CHECK(api.put("/endpoints/a", shown.json).json["version"] == 1);
  CHECK(api.put("/endpoints/a", with(basic)).json["version"] == 1);
  CHECK(patch({{"username", "v"}}).json["version"] == 2);
  CHECK(password() == "hush");
  CHECK(patch({{"password", "hush2"}}).json["version"] == 3);
  CHECK(password() == "hush2");

  refuse(patch({{"scheme", "bearer"}, {"token", "t"}}), "/auth/username");
  refuse(patch({{"scheme", "bearer"}, {"username", nullptr}}), "/auth/token");
  refuse(patch({{"scheme", "bearer"}, {"username", nullptr}, {"token", kSet}}), "/auth/token");
  refuse(api.put("/endpoints/a", with({{"scheme", "basic"}, {"username", "u"}})), "/auth/password");
  refuse(api.put("/endpoints/b", with({{"scheme", "bearer"}, {"token", kSet}})), "/auth/token");
  CHECK(patch({{"scheme", "bearer"}, {"username", nullptr}, {"token", "t"}}).json["auth"] ==
        Json({{"scheme", "bearer"}, {"token", kSet}}));
  CHECK(api.registry.state()->endpoint("default", "a")->body->find("password") == std::string::npos);
  refuse(patch({{"scheme", "basic"}, {"username", "u"}, {"password", kSet}}), "/auth/password");
  CHECK(api.patch("/endpoints/a", {{"auth", nullptr}}).status == 200);
  CHECK_FALSE(api.get("/endpoints/a").json.contains("auth"));

  const auto trail = api.get("/audit?kind=endpoints");
  CHECK(trail.body.find("hush") == std::string::npos);
  CHECK(trail.body.find("sealed:") == std::string::npos);
  CHECK(trail.body.find("/auth/password") != std::string::npos);
}

TEST_CASE("Master API: an endpoint's TLS is sealed, and one that has expired is not taken") {
  Installation installation;
  Process api(installation);
  const fakes::Certificate good("DNS:a", 10), next("DNS:a", 20), expired("DNS:a", -1);
  const auto with = [](const fakes::Certificate& one) {
    return Json{{"url", "https://example.com/"}, {"tls", {{"cert", one.pem()}, {"key", one.key_pem()}}}};
  };
  REQUIRE(api.put("/endpoints/a", with(good)).status == 201);
  const auto shown = api.get("/endpoints/a");
  CHECK(shown.json["tls"] == Json({{"cert", kSet}, {"key", kSet}}));
  CHECK(api.put("/endpoints/a", shown.json).json["version"] == 1);
  CHECK(api.put("/endpoints/a", with(good)).json["version"] == 1);
  const auto endpoint = api.registry.state()->endpoint("default", "a");
  CHECK(*api.sealer.open(endpoint->tls->key, "default/endpoints/a/tls/key") == good.key_pem());
  CHECK(endpoint->body->find("PRIVATE") == std::string::npos);

  refuse(api.patch("/endpoints/a", {{"tls", {{"cert", next.pem()}}}}), "/tls/key");
  refuse(api.patch("/endpoints/a", {{"tls", {{"cert", nullptr}}}}), "/tls/cert");
  refuse(api.put("/endpoints/b", with(expired)), "/tls/cert");
  refuse(api.put("/endpoints/a", with(expired)), "/tls/cert");
  CHECK(api.put("/endpoints/b", with(expired)).body.find("good until") != std::string::npos);
  refuse(api.put("/endpoints/b", {{"url", "https://example.com/"}, {"tls", {{"ca", kSet}}}}), "/tls/ca");
  CHECK(api.patch("/endpoints/a", {{"tls", {{"ca", good.pem()}}}}).json["version"] == 2);
  CHECK(api.patch("/endpoints/a", {{"tls", {{"cert", next.pem()}, {"key", next.key_pem()}}}}).json["version"] == 3);
  CHECK(api.patch("/endpoints/a", {{"tls", nullptr}}).status == 200);
  CHECK_FALSE(api.get("/endpoints/a").json.contains("tls"));
}
