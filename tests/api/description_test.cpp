// The description of the API says something of everything that there is, and of nothing else.
#include <doctest/doctest.h>

#include "api/openapi/description.hpp"
#include "api/openapi/page.hpp"
#include "common/http/server/problem_types.hpp"
#include "gateway/table.hpp"
#include "tests/api/fixture.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using namespace certes::api;
using namespace certes::api::testing;

namespace {

const Json& described() {
  static const Json document = Json::parse(description().text);
  return document;
}

const Json& schema_of(const std::string& name) { return described()["components"]["schemas"][name]; }

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(c));
  return text;
}

}  // namespace

TEST_CASE("Description: every route, parameter and member has its words, and nothing else has") {
  for (const std::string& gap : description().gaps) FAIL_CHECK(gap);
}

TEST_CASE("Description: it has each route of both listeners, with its summary and its scope") {
  const auto check = [](const gateway::Route& route) {
    CAPTURE(route.method + " " + route.pattern);
    const Json& operation = described()["paths"][route.pattern][lower_case(route.method)];
    REQUIRE(operation.is_object());
    CHECK(operation["summary"] == route.summary);
    const bool open = route.access == gateway::Access::open;
    CHECK(operation["security"].empty() == open);
    if (!route.scope.empty()) CHECK(operation["security"][0]["key"] == Json::array({route.scope}));
    CHECK(operation["responses"].contains("401") == !open);
    CHECK(operation["responses"].contains("429"));
  };
  for (const auto& row : routes()) check(row);
  for (const auto& row : gateway::routes()) check(row);
}

TEST_CASE("Description: each type of problem is one that some route may answer with") {
  const std::string& text = description().text;
  for (const http::ProblemType& type : http::problem_types()) {
    CAPTURE(type.name);
    const bool of_routes = type.name != "method-not-allowed" && type.name != "tls-required";
    CHECK((text.find("\"/problems/" + std::string(type.name) + "\"") != std::string::npos) == of_routes);
  }
}

TEST_CASE("Description: it is there for everybody, as JSON, before the log is reached") {
  config::Settings settings;
  settings.api.listen = "127.0.0.1:0";
  metrics::Metrics metrics;
  const SystemClock clock;
  Api api(gateway::Frame{settings, metrics, clock});
  REQUIRE(api.start());
  httplib::Client client("http://" + api.address());
  const auto answer = client.Get("/api/v1/openapi.json");
  REQUIRE(answer);
  CHECK(answer->status == 200);
  CHECK(answer->get_header_value("Content-Type") == "application/json");
  CHECK(Json::parse(answer->body)["openapi"] == "3.1.0");
  const auto page = client.Get("/docs");
  REQUIRE(page);
  CHECK(page->status == 200);
  CHECK(page->get_header_value("Content-Type") == "text/html; charset=utf-8");
  api.stop(Millis{0});
}

TEST_CASE("Description: the page has each operation and each schema, and asks nobody else for anything") {
  const std::string page = show_docs({}).body;
  for (const auto& [path, item] : described()["paths"].items())
    for (const auto& [method, operation] : item.items()) {
      if (method == "servers") continue;
      CAPTURE(path);
      CHECK(page.find("<details id=\"" + operation["operationId"].get<std::string>() + "\">") != std::string::npos);
    }
  for (const auto& [name, schema] : described()["components"]["schemas"].items())
    CHECK(page.find("<details id=\"schema-" + name + "\">") != std::string::npos);
  for (std::size_t at = page.find("href=\""); at != std::string::npos; at = page.find("href=\"", at + 1)) {
    const std::string to = page.substr(at + 6, page.find('"', at + 6) - at - 6);
    CAPTURE(to);
    const bool here = to.starts_with('#') && page.find("id=\"" + to.substr(1) + "\"") != std::string::npos;
    const bool problem = to.starts_with("/problems/") && http::find_problem_type(to.substr(10)) != nullptr;
    CHECK((here || problem || to == "/api/v1/openapi.json"));
  }
  for (const char* asking : {"<script", "src=", "<link", "url("}) CHECK(page.find(asking) == std::string::npos);
}

TEST_CASE("Description: the limits that it gives are those that are kept") {
  const test::TemporaryDirectory directory;
  Installation installation;
  Process api(installation, true, [&](config::Settings& settings) { settings.history.dir = directory.path(); });
  REQUIRE(api.put("/endpoints/one", {{"url", "https://example.com/"}}).status == 201);
  REQUIRE(api.put("/keys/one", {{"scopes", {"events:write"}}}).status == 201);
  struct Taken {
    const char *method, *path, *schema;
    Json least;  // what it cannot be without
  };
  const Taken all[] = {{"PUT", "/endpoints/one", "EndpointDeclaration", {{"url", "https://example.com/"}}},
                       {"PUT", "/backoff-policies/one", "BackoffPolicyDeclaration", Json::object()},
                       {"PUT", "/tenants/one", "TenantDeclaration", Json::object()},
                       {"POST", "/endpoints/one/rotate-secret", "Rotation", Json::object()},
                       {"POST", "/keys/one/rotate", "Grace", Json::object()},
                       {"POST", "/dead-letters/replay", "ReplayRequest", {{"all", true}}},
                       {"POST", "/dead-letters/discard", "DiscardRequest", {{"all", true}}}};
  for (const Taken& taken : all) {
    std::size_t tried = 0;
    for (const auto& [name, member] : schema_of(taken.schema)["properties"].items()) {
      if (!member.contains("maximum")) continue;
      CAPTURE(taken.path);
      CAPTURE(name);
      ++tried;
      Json body = taken.least;
      body[name] = member["maximum"];
      const Answer most = api.request(taken.method, taken.path, body.dump());
      CAPTURE(most.body);
      CHECK(most.status < 300);
      body[name] = member["maximum"].get<double>() + 1;
      if (member["type"] == "integer") body[name] = member["maximum"].get<std::int64_t>() + 1;
      const Answer above = api.request(taken.method, taken.path, body.dump());
      CHECK(above.status == 400);
      CHECK(above.json["pointer"] == "/" + name);
    }
    CHECK(tried > 0);
  }
}

TEST_CASE("Description: a patch may remove what a declaration may hold, and needs nothing") {
  const Json& declaration = schema_of("SubscriptionDeclaration");
  const Json& patch = schema_of("SubscriptionPatch");
  CHECK(declaration["required"] == Json::array({"endpoint", "pattern"}));
  CHECK_FALSE(patch.contains("required"));
  CHECK(declaration["properties"]["priority"]["default"] == "normal");
  for (const auto& [name, member] : declaration["properties"].items()) {
    CAPTURE(name);
    const Json& choices = patch["properties"][name]["anyOf"];
    CHECK(choices.back() == Json{{"type", "null"}});
    CHECK_FALSE(choices.front().contains("default"));
  }
}
