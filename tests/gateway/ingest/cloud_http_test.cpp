// CloudEvents HTTP Protocol Binding 1.0.2 over HTTP: how a request's Content-Type decides its mode, by section.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

const Headers kAttributes = {{"ce-specversion", "1.0"}, {"ce-id", "binary"}, {"ce-source", "/s"}, {"ce-type", "a.b"}};
constexpr std::string_view kStructured =
    R"({"specversion":"1.0","id":"structured","source":"/s","type":"a.b","data":"x"})";

fakes::Answer post(const Ingest& ingest, const std::string& type, std::string_view body, bool attributes = true) {
  Headers headers = attributes ? kAttributes : Headers{};
  headers.emplace_back("Content-Type", type);
  return ingest.post("/events", headers, body);
}

std::string id_of_last(const Ingest& ingest) {
  return std::string(ingest.log.record(ingest.log.taken() - 1).headers.get("ce_id"));
}

}  // namespace

TEST_CASE("CloudEvents HTTP 1.0.2, 3: application/cloudevents is structured, in any case and with parameters") {
  Ingest ingest;
  for (const char* type : {"application/cloudevents+json", "application/cloudevents+json; charset=UTF-8",
                           "application/cloudevents+json;charset=utf-8", "Application/CloudEvents+JSON",
                           "application/cloudevents", "application/cloudevents ; charset=utf-8"}) {
    CAPTURE(type);
    CHECK(post(ingest, type, kStructured, false).status == 202);
    CHECK(id_of_last(ingest) == "structured");
  }
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3: application/cloudevents-batch is batched") {
  Ingest ingest;
  const std::string batch =
      "[" + std::string(kStructured) + R"(,{"specversion":"1.0","id":"2","source":"/s","type":"c"}])";
  for (const char* type : {"application/cloudevents-batch+json", "application/cloudevents-batch+json; charset=UTF-8",
                           "APPLICATION/CLOUDEVENTS-BATCH+JSON"}) {
    CAPTURE(type);
    const std::size_t before = ingest.log.taken();
    const auto answer = post(ingest, type, batch, false);
    CHECK(answer.status == 202);
    CHECK(json_of(answer)["count"] == 2);
    // The first is stored once: after that it is a duplicate.
    CHECK(ingest.log.taken() == before + (before == 0 ? 2 : 0));
    CHECK(post(ingest, type, kStructured, false).status == 400);
  }
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3: anything else is binary where the attributes are headers") {
  Ingest ingest;
  for (const char* type :
       {"application/json", "text/plain", "application/xml", "application/octet-stream",
        "application/x-www-form-urlencoded", "application/cloud", "x-application/cloudevents+json"}) {
    CAPTURE(type);
    Headers headers = kAttributes;
    headers[1].second = type;
    headers.emplace_back("Content-Type", type);
    CHECK(ingest.post("/events", headers, "{data").status == 202);
    CHECK(id_of_last(ingest) == type);
    CHECK(ingest.log.record(ingest.log.taken() - 1).value == "{data");
  }
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3: an event format that is not supported is refused with 415, headers or not") {
  Ingest ingest;
  for (const char* type :
       {"application/cloudevents+avro", "application/cloudevents+xml", "application/cloudevents+protobuf",
        "application/cloudevents-batch+avro", "application/cloudevents2"}) {
    CAPTURE(type);
    for (const bool attributes : {false, true}) {
      const auto answer = post(ingest, type, kStructured, attributes);
      CHECK(answer.status == 415);
      CHECK(json_of(answer)["detail"].get<std::string>().find("application/cloudevents+json") != std::string::npos);
    }
  }
  CHECK(ingest.log.taken() == 0);
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.1: ce-datacontenttype is refused") {
  Ingest ingest;
  Headers headers = kAttributes;
  headers.emplace_back("Content-Type", "text/plain");
  headers.emplace_back("ce-datacontenttype", "text/plain");
  const auto answer = ingest.post("/events", headers, "x");
  CHECK(answer.status == 400);
  CHECK(json_of(answer)["pointer"] == "ce-datacontenttype");
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.1.3: each required attribute that is no header is named") {
  Ingest ingest;
  for (const char* name : {"ce-id", "ce-source", "ce-type"}) {
    Headers headers = kAttributes;
    std::erase_if(headers, [&](const auto& header) { return header.first == name; });
    headers.emplace_back("Content-Type", "text/plain");
    const auto answer = ingest.post("/events", headers, "x");
    CHECK(answer.status == 400);
    CHECK(json_of(answer)["pointer"] == name);
  }
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.2.3: in structured mode headers may be there too, and the payload counts") {
  Ingest ingest;
  CHECK(post(ingest, "application/cloudevents+json", kStructured).status == 202);
  CHECK(id_of_last(ingest) == "structured");
  CHECK(post(ingest, "application/cloudevents+json", R"({"specversion":"1.0","source":"/s","type":"a.b"})").status ==
        400);
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.3.2: an empty batch is accepted") {
  Ingest ingest;
  const auto answer = post(ingest, "application/cloudevents-batch+json", "[]", false);
  CHECK(answer.status == 202);
  CHECK(json_of(answer) == Json{{"accepted", Json::array()}, {"count", 0}});
}

TEST_CASE("CloudEvents HTTP 1.0.2, 3.3: a batch is taken whole or not at all, up to its limit") {
  Ingest ingest;
  const auto bad = post(ingest, "application/cloudevents-batch+json",
                        "[" + std::string(kStructured) + R"(,{"specversion":"1.0","id":"2","source":"/s"}])", false);
  CHECK(bad.status == 400);
  CHECK(json_of(bad)["pointer"] == "/1/type");
  CHECK(ingest.log.taken() == 0);
  std::string many = "[" + std::string(kStructured);
  for (int i = 0; i < 1'000; ++i) many += "," + std::string(kStructured);
  CHECK(post(ingest, "application/cloudevents-batch+json", many + "]", false).status == 413);
  CHECK(ingest.log.taken() == 0);
}
