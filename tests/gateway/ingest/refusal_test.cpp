// What POST /events refuses: each with its status, its pointer, and nothing on the log.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

const Headers kJson = {{"Content-Type", "application/json"}};

void check_problem(const fakes::Answer& answer, int status, const std::string& slug, const std::string& pointer,
                   const std::string& says = {}) {
  CAPTURE(answer.body);
  REQUIRE(answer.status == status);
  CHECK(answer.has("Content-Type: application/problem+json\r\n"));
  const auto json = json_of(answer);
  CHECK(json["type"] == "/problems/" + slug);
  CHECK(json["status"] == status);
  CHECK(json["title"].is_string());
  CHECK(json.value("pointer", "") == pointer);
  CHECK(json["detail"].get<std::string>().find(says) != std::string::npos);
}

}  // namespace

TEST_CASE("Refused: what is no event as plain JSON, with the pointer of what is wrong") {
  Ingest ingest;
  const std::string big_id(1'024, 'x');
  const struct {
    std::string body, pointer, says;
  } cases[] = {
      {"not json", "", "not JSON"},
      {R"({"type":"t","data":)", "", "not JSON"},
      {R"({"type":"t","data":1}})", "", "not JSON"},
      {R"({"type":"t","data":{"a":1,}})", "", "not JSON"},
      {"", "", "empty"},
      {"{\"type\":\"t\",\"data\":\"\xff\"}", "", "UTF-8"},
      {"{\"type\":\"t\",\"data\":\"\xc0\xaf\"}", "", "UTF-8"},
      {"\xef\xbb\xbf{\"type\":\"t\",\"data\":1}", "", "byte order mark"},
      {std::string(300, '[') + std::string(300, ']'), "", "deeper"},
      {"7", "", "must be a JSON object"},
      {"{}", "/type", "is missing"},
      {R"({"data":1})", "/type", "is missing"},
      {R"({"type":"t"})", "/data", "is missing"},
      {R"({"type":7,"data":1})", "/type", "must be a string"},
      {R"({"type":"","data":1})", "/type", ""},
      {R"({"type":"a..b","data":1})", "/type", ""},
      {R"({"type":"a b","data":1})", "/type", ""},
      {R"({"type":"order.*","data":1})", "/type", ""},
      {R"({"type":")" + std::string(256, 't') + R"(","data":1})", "/type", ""},
      {R"({"type":"t","data":1,"typ":2})", "/typ", "unknown member"},
      {R"({"type":"t","data":1,"a/b~c":2})", "/a~1b~0c", "unknown member"},
      {R"({"type":"t","data":1,"type":"u"})", "/type", "twice"},
      {R"({"type":"t","data":1,"id":")" + big_id + "\"}", "/id", "256"},
      {R"({"type":"t","data":1,"id":""})", "/id", "empty"},
      {R"({"type":"t","data":1,"id":7})", "/id", "must be a string"},
      {R"({"type":"t","data":1,"time":"yesterday"})", "/time", "RFC 3339"},
      {R"({"type":"t","data":1,"subject":"a\u0000b"})", "/subject", "control"},
      {R"({"type":"t","data":1,"source":"a\r\nX: y"})", "/source", "control"},
  };
  for (const auto& [body, pointer, says] : cases) {
    CAPTURE(body.substr(0, 80));
    check_problem(ingest.post("/events", kJson, body), 400, "invalid", pointer, says);
  }
  CHECK(ingest.log.taken() == 0);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="invalid",source=""} )" +
                      std::to_string(std::size(cases))));
}

TEST_CASE("Refused: what is no CloudEvent, with its pointer or its header") {
  Ingest ingest;
  const Headers structured = {{"Content-Type", "application/cloudevents+json"}};
  check_problem(ingest.post("/events", structured, R"({"specversion":"0.3","id":"1","source":"/s","type":"t"})"), 400,
                "invalid", "/specversion");
  check_problem(ingest.post("/events", structured, R"({"specversion":"1.0","source":"/s","type":"t"})"), 400, "invalid",
                "/id", "missing");
  check_problem(
      ingest.post("/events", structured, R"({"specversion":"1.0","id":"1","source":"/s","type":"t","Bad":"x"})"), 400,
      "invalid", "/Bad");
  check_problem(ingest.post("/events", {{"Content-Type", "application/cloudevents-batch+json"}}, "{}"), 400, "invalid",
                "", "array");
  const auto binary = [&](const Headers& more) {
    Headers headers = {{"ce-specversion", "1.0"}};
    headers.insert(headers.end(), more.begin(), more.end());
    return ingest.post("/events", headers, "x");
  };
  check_problem(binary({{"ce-source", "/s"}, {"ce-type", "t"}}), 400, "invalid", "ce-id", "missing");
  check_problem(binary({{"ce-id", "1"}, {"ce-source", "/s"}}), 400, "invalid", "ce-type", "missing");
  check_problem(binary({{"ce-id", "%FF"}, {"ce-source", "/s"}, {"ce-type", "t"}}), 400, "invalid", "ce-id", "UTF-8");
  check_problem(binary({{"ce-id", "%C0%AF"}, {"ce-source", "/s"}, {"ce-type", "t"}}), 400, "invalid", "ce-id");
  check_problem(binary({{"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "certes.x"}}), 403, "forbidden", "ce-type");
  CHECK(ingest.log.taken() == 0);
}

TEST_CASE("Refused: another content type, and the answer says what to send") {
  Ingest ingest;
  const std::string body = R"({"type":"t","data":1})";
  for (const Headers& headers :
       {Headers{}, Headers{{"Content-Type", ""}}, Headers{{"Content-Type", "text/plain"}},
        Headers{{"Content-Type", "application/x-www-form-urlencoded"}}, Headers{{"Content-Type", "application/jsonx"}},
        Headers{{"Content-Type", "application/cloudevents+xml"}},
        Headers{{"Content-Type", "application/cloudevents-batch+avro"}}}) {
    const auto answer = ingest.post("/events", headers, body);
    check_problem(answer, 415, "unsupported-media-type", "content-type", "application/json");
    CHECK(json_of(answer)["detail"].get<std::string>().find("ce-specversion") != std::string::npos);
  }
  CHECK(ingest.log.taken() == 0);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="unsupported_media_type",source=""} 7)"));
}

TEST_CASE("Refused: types of Certes' own") {
  Ingest ingest;
  check_problem(ingest.post("/events", kJson, R"({"type":"certes.endpoint.disabled","data":1})"), 403, "forbidden",
                "/type", "Certes' own");
  CHECK(ingest.post("/events", kJson, R"({"type":"certesx.a","data":1})").status == 202);
  CHECK(ingest.log.taken() == 1);
}

TEST_CASE("Refused: without a key, with a wrong one, or with one that lacks the scope") {
  Ingest ingest({.dev = false});
  const std::string body = R"({"type":"t","data":1})";
  const auto with = [&](const std::string& authorization) {
    auto headers = kJson;
    if (!authorization.empty()) headers.emplace_back("Authorization", authorization);
    return ingest.post("/events", headers, body);
  };
  for (const auto& authorization : {std::string(), "Bearer " + crypto::new_api_key(), std::string("Bearer x")}) {
    const auto answer = with(authorization);
    check_problem(answer, 401, "unauthenticated", "Authorization");
    CHECK(answer.has("WWW-Authenticate: Bearer"));
  }
  const auto reader = ingest.key("reader", {"events:read", "endpoints:write"});
  check_problem(with("Bearer " + reader), 403, "forbidden", "", "events:write");
  const auto writer = ingest.key("writer", {"events:write"});
  CHECK(with("Bearer " + writer).status == 202);
  CHECK(with("Basic " + crypto::base64_encode("any:" + writer)).status == 202);
  CHECK(ingest.log.taken() == 2);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="unauthenticated",source=""} 3)"));
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="forbidden",source=""} 1)"));
}

TEST_CASE("Refused: a key that was removed, on a connection that had used it too") {
  Ingest ingest({.dev = false});
  const auto key = ingest.key("k", {"events:write"});
  auto client = ingest.client();
  const auto text =
      request_text("POST", "/events", {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + key}},
                   R"({"type":"t","data":1})");
  REQUIRE(client.send(text));
  CHECK(client.answer().status == 202);
  registry::Change removal;
  removal.op = registry::Change::Op::remove;
  removal.kind = "keys";
  removal.id = "k";
  removal.by = "test";
  REQUIRE(ingest.registry.propose(removal, Millis{10'000}));
  REQUIRE(client.send(text));
  CHECK(client.answer().status == 401);
}

TEST_CASE("Refused: an event that is larger with its headers than the log takes") {
  Ingest ingest({.max_record_bytes = 2'000});
  check_problem(ingest.post("/events", kJson, R"({"type":"t","data":")" + std::string(2'000, 'x') + "\"}"), 413,
                "too-large", "", "at most 2000");
  CHECK(ingest.post("/events", kJson, R"({"type":"t","data":")" + std::string(1'000, 'x') + "\"}").status == 202);
  CHECK(ingest.log.taken() == 1);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="too_large",source=""} 1)"));
}

TEST_CASE("Refused: a body above the limit, by its announced length alone") {
  Ingest ingest;
  auto client = ingest.client();
  REQUIRE(client.send(
      "POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10485760\r\n\r\n"));
  CHECK(client.answer().status == 413);
}

TEST_CASE("Refused: other methods and other paths") {
  Ingest ingest;
  auto client = ingest.client();
  REQUIRE(client.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n"));
  const auto method = client.answer();
  CHECK(method.status == 405);
  CHECK(method.has("Allow: "));
  REQUIRE(client.send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"));
  CHECK(client.answer().status == 404);
  CHECK(ingest.counts(R"(certes_gateway_request_duration_seconds_count 2)"));
}
