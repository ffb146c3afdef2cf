#include "client/api_client.hpp"

#include <doctest/doctest.h>

#include "tests/client/canned_server.hpp"

using namespace certes;
using client::ApiClient;
using testing::CannedServer;

TEST_CASE("ApiClient: sends path, key and JSON, and gives the answer") {
  CannedServer server({{201, R"({"id":"a"})"}});
  ApiClient api(server.url() + "/", "certes_key");
  const auto answer = api.request("POST", "/sources", R"({"id":"a"})");
  REQUIRE(answer.has_value());
  CHECK(answer->status == 201);
  CHECK(answer->body == R"({"id":"a"})");
  const std::string request = server.requests().at(0);
  CHECK(request.starts_with("POST /api/v1/sources HTTP/1.1\r\n"));
  CHECK(request.find("Authorization: Bearer certes_key\r\n") != std::string::npos);
  CHECK(request.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(request.ends_with(R"({"id":"a"})"));
}

TEST_CASE("ApiClient: a merge patch says that it is one, and no key sends no Authorization") {
  CannedServer server({{200, "{}"}});
  ApiClient api(server.url(), "");
  REQUIRE(api.request("PATCH", "/sources/a", "{}").has_value());
  const std::string request = server.requests().at(0);
  CHECK(request.find("application/merge-patch+json") != std::string::npos);
  CHECK(request.find("Authorization") == std::string::npos);
}

TEST_CASE("ApiClient: a problem becomes an error with its detail and pointer") {
  CannedServer server(
      {{400, R"({"title":"t","detail":"no such word","pointer":"/pattern"})", "application/problem+json"}});
  ApiClient api(server.url(), "");
  const auto answer = api.request("POST", "/subscriptions", "{}");
  REQUIRE_FALSE(answer.has_value());
  CHECK(answer.error().code == Code::invalid);
  CHECK(answer.error().message == "no such word (400)");
  CHECK(answer.error().pointer == "/pattern");
}

TEST_CASE("ApiClient: statuses map to codes") {
  const std::vector<std::pair<int, Code>> table{
      {401, Code::unauthenticated}, {403, Code::forbidden}, {404, Code::not_found}, {409, Code::conflict},
      {412, Code::conflict},        {413, Code::too_large}, {422, Code::invalid},   {429, Code::busy},
      {503, Code::unavailable},     {500, Code::internal}};
  std::vector<CannedServer::Answer> answers;
  for (const auto& [status, code] : table) answers.push_back({status, "no JSON", "text/plain"});
  CannedServer server(answers);
  ApiClient api(server.url(), "");
  for (const auto& [status, code] : table) {
    CAPTURE(status);
    CHECK(api.get("/x").error().code == code);
  }
  CHECK(client::error_of({503, "", R"({"type":"/problems/outcome-unknown"})"}).code == Code::unknown_outcome);
}

TEST_CASE("ApiClient: a list is read page by page") {
  CannedServer server({{200, R"({"items":[1,2],"next":"b c"})"}, {200, R"({"items":[3],"next":null})"}});
  ApiClient api(server.url(), "");
  const auto items = api.list("/dead-letters?endpoint=e");
  REQUIRE(items.has_value());
  CHECK(*items == "[1,2,3]");
  CHECK(server.requests().at(0).starts_with("GET /api/v1/dead-letters?endpoint=e&limit=100 "));
  CHECK(server.requests().at(1).starts_with("GET /api/v1/dead-letters?endpoint=e&limit=100&after=b%20c "));
}

TEST_CASE("ApiClient: a list ends at its limit") {
  CannedServer server({{200, R"({"items":[1,2],"next":"2"})"}});
  ApiClient api(server.url(), "");
  CHECK(*api.list("/sources", 1) == "[1]");
}

TEST_CASE("HttpClient: nobody there is unavailable, and no URL is invalid") {
  std::string url;
  {
    CannedServer gone({});
    url = gone.url();
  }
  client::HttpClient http;
  const auto get = [&](const std::string& target) {
    client::HttpRequest request;
    request.url = target;
    return http.send(request);
  };
  CHECK(get(url).error().code == Code::unavailable);
  CHECK(get("ftp://127.0.0.1/").error().code == Code::invalid);
}

TEST_CASE("Percent encoding: leaves only unreserved characters") {
  CHECK(client::percent_encode("aZ9-._~") == "aZ9-._~");
  CHECK(client::percent_encode("a/b #") == "a%2Fb%20%23");
}
