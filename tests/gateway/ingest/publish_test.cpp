// POST /events: the forms an event may have, and what stands on the log for it.
#include "common/event/stamp.hpp"
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

constexpr std::string_view kTrace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const Headers kCloudEvents = {{"Content-Type", "application/cloudevents+json; charset=utf-8"}};

// The id that the answer gives, which stands on the record too.
std::string accepted_id(const fakes::Answer& answer) {
  REQUIRE_MESSAGE(answer.status == 202, answer.body);
  CHECK(answer.has("Content-Type: application/json\r\n"));
  const auto json = json_of(answer);
  CHECK(json["status"] == "accepted");
  const auto id = json["id"].get<std::string>();
  CHECK(id.size() == 30);
  CHECK(id.starts_with("evt_"));
  return id;
}

}  // namespace

TEST_CASE("Publish: a plain event is on the log with its type, its data byte for byte, and Certes' own ids") {
  Ingest ingest;
  const auto id = accepted_id(ingest.post_json(R"({"type": "order.created", "data": {"n":1.0,  "a":[ ]} })"));
  REQUIRE(ingest.log.taken() == 1);
  const auto record = ingest.log.record(0);
  CHECK(record.value == R"({"n":1.0,  "a":[ ]})");
  CHECK_FALSE(record.key);
  CHECK_FALSE(bool(record.identity));
  const auto& headers = record.headers;
  CHECK(headers.get("certes-id") == id);
  CHECK(headers.get("ce_id") == id);
  CHECK(headers.get("ce_conversationid") == id);
  CHECK(headers.get("ce_specversion") == "1.0");
  CHECK(headers.get("ce_source") == "urn:certes:default");
  CHECK(headers.get("ce_type") == "order.created");
  CHECK(parse_rfc3339(headers.get("ce_time")) > 0);
  CHECK(headers.get("content-type") == "application/json");
  CHECK(headers.get("certes-kind") == "event");
  CHECK(headers.get("certes-tenant") == "default");
  for (const std::string_view name : {"certes-client-id", "ce_subject", "ce_causeid", "ce_partitionkey",
                                      "ce_traceparent", "certes-query", "certes-replay", "certes-endpoint"})
    CHECK_FALSE(headers.find(name));
}

TEST_CASE("Publish: a record says how far the registry was followed, each event of a batch too") {
  Ingest ingest;
  const auto stamp_of = [&](std::size_t index) {
    const auto record = ingest.log.record(index);
    return event::read_stamp(record.headers.get("certes-registry"));
  };
  accepted_id(ingest.post_json(R"({"type":"a","data":1})"));
  REQUIRE(stamp_of(0));
  ingest.source("shop", {{"verify", {{"scheme", "none"}}}});
  const std::int64_t end = ingest.registry.state()->position;
  CHECK(end > *stamp_of(0));
  CHECK(ingest.post_json(R"([{"type":"a","data":1},{"type":"a","data":2}])").status == 202);
  CHECK(ingest.post("/events/shop", {{"Content-Type", "text/plain"}}, "x").status == 202);
  REQUIRE(ingest.log.taken() == 4);
  for (std::size_t index = 1; index < 4; ++index) CHECK(stamp_of(index) == end);
}

TEST_CASE("Publish: all that a plain event may name is carried") {
  Ingest ingest;
  const auto id = accepted_id(ingest.post_json(
      R"({"id":"o-1","type":"order.created","source":"/shop","subject":"o","time":"2026-01-31T08:00:00Z",)"
      R"("partition_key":"k","conversation_id":"c","cause_id":"evt_0","data":null})"));
  const auto record = ingest.log.record(0);
  const auto& headers = record.headers;
  CHECK(record.value == "null");
  CHECK(record.key == "k");
  CHECK(record.identity == event::identity("default", "/shop", "o-1"));
  CHECK(headers.get("certes-id") == id);
  CHECK(headers.get("ce_id") == "o-1");
  CHECK(headers.get("certes-client-id") == "1");
  CHECK(headers.get("ce_source") == "/shop");
  CHECK(headers.get("ce_subject") == "o");
  CHECK(headers.get("ce_time") == "2026-01-31T08:00:00Z");
  CHECK(headers.get("ce_partitionkey") == "k");
  CHECK(headers.get("ce_conversationid") == "c");
  CHECK(headers.get("ce_causeid") == "evt_0");
}

TEST_CASE("Publish: a client's id without a key decides the partition together with the source") {
  Ingest ingest;
  accepted_id(ingest.post_json(R"({"id":"o-1","type":"t","data":1})"));
  CHECK(ingest.log.record(0).key == "urn:certes:default o-1");
  CHECK(ingest.log.record(0).identity == event::identity("default", "urn:certes:default", "o-1"));
}

TEST_CASE("Publish: media type parameters and case do not count") {
  Ingest ingest;
  for (const std::string type : {"Application/JSON", "application/json; charset=utf-8", "application/json ;x=y"})
    CHECK(ingest.post("/events", {{"Content-Type", type}}, R"({"type":"t","data":1})").status == 202);
}

TEST_CASE("Publish: a CloudEvent in structured mode") {
  Ingest ingest;
  accepted_id(
      ingest.post("/events", kCloudEvents,
                  R"({"specversion":"1.0","id":"1","source":"/s","type":"t","comexample":"x","data":{ "a":1 }})"));
  const auto record = ingest.log.record(0);
  CHECK(record.value == R"({ "a":1 })");
  CHECK(record.headers.get("ce_id") == "1");
  CHECK(record.headers.get("ce_source") == "/s");
  CHECK(record.headers.get("ce_comexample") == "x");
  CHECK(record.headers.get("certes-client-id") == "1");
  CHECK(bool(record.identity));
}

TEST_CASE("Publish: a CloudEvent in binary mode, whatever its content type") {
  Ingest ingest;
  for (const std::string type : {"application/json", "text/plain", "application/octet-stream", ""}) {
    Headers headers = {{"CE-SpecVersion", "1.0"}, {"ce-id", "b" + type}, {"ce-source", "/a%20b"}, {"ce-type", "t"}};
    if (!type.empty()) headers.emplace_back("Content-Type", type);
    accepted_id(ingest.post("/events", headers, "not json \x01\xff"));
    const auto record = ingest.log.record(ingest.log.taken() - 1);
    CHECK(record.value == "not json \x01\xff");
    CHECK(record.headers.get("ce_source") == "/a b");
    CHECK(record.headers.get("content-type") == type);
  }
}

TEST_CASE("Publish: the structured content type is looked at before ce-specversion") {
  Ingest ingest;
  auto headers = kCloudEvents;
  headers.insert(headers.end(), {{"ce-specversion", "1.0"}, {"ce-id", "of the header"}});
  accepted_id(ingest.post("/events", headers, R"({"specversion":"1.0","id":"of the body","source":"/s","type":"t"})"));
  CHECK(ingest.log.record(0).headers.get("ce_id") == "of the body");
}

TEST_CASE("Publish: a trace context is carried from its header, or the event's own, and only if it is one") {
  Ingest ingest;
  const auto carried = [&](const std::string& header, std::string_view body, const Headers& more) {
    Headers headers = more;
    if (!header.empty()) headers.emplace_back("Traceparent", header);
    accepted_id(ingest.post("/events", headers, body));
    return std::string(ingest.log.record(ingest.log.taken() - 1).headers.get("ce_traceparent"));
  };
  const Headers json = {{"Content-Type", "application/json"}};
  const std::string plain = R"({"type":"t","data":1})", trace(kTrace);
  CHECK(carried(trace, plain, json) == trace);
  CHECK(carried("", plain, json).empty());
  for (const auto& bad : {std::string("00-00000000000000000000000000000000-b7ad6b7169203331-01"), std::string("x"),
                          "ff" + trace.substr(2)})
    CHECK(carried(bad, plain, json).empty());
  const std::string own = "00-11111111111111111111111111111111-2222222222222222-00";
  const std::string cloud = R"({"specversion":"1.0","id":"1","source":"/s","type":"t","traceparent":")" + own + "\"}";
  CHECK(carried(trace, cloud, kCloudEvents) == own);
  CHECK(carried("42" + trace.substr(2) + "-later", plain, json) == trace);
}

TEST_CASE("Publish: tracestate travels with the traceparent that it came with") {
  Ingest ingest;
  const auto carried = [&](const Headers& headers, std::string_view body) {
    accepted_id(ingest.post("/events", headers, body));
    return std::string(ingest.log.record(ingest.log.taken() - 1).headers.get("ce_tracestate"));
  };
  const std::string plain = R"({"type":"t","data":1})", trace(kTrace);
  const std::pair<std::string, std::string> json{"Content-Type", "application/json"}, state{"Tracestate", "a=1,b=2"};
  CHECK(carried({json, {"Traceparent", trace}, state}, plain) == "a=1,b=2");
  CHECK(carried({json, state}, plain).empty());
  const std::string own = R"({"specversion":"1.0","id":"1","source":"/s","type":"t","traceparent":")" + trace + "\"}";
  CHECK(carried({kCloudEvents.front(), {"Traceparent", trace}, state}, own).empty());
}

TEST_CASE("Publish: CloudEvents' names of conversation and cause are read where Certes' own are missing") {
  Ingest ingest;
  int events = 0;
  const auto carried = [&](const std::string& attributes) {
    const std::string id = std::to_string(++events);  // else it would be a repeat
    accepted_id(ingest.post("/events", kCloudEvents,
                            R"({"specversion":"1.0","source":"/s","type":"t","id":")" + id + "\"," + attributes + "}"));
    const auto& headers = ingest.log.record(ingest.log.taken() - 1).headers;
    return std::pair(std::string(headers.get("ce_conversationid")), std::string(headers.get("ce_causeid")));
  };
  using Both = std::pair<std::string, std::string>;
  CHECK(carried(R"("correlationid":"c","causationid":"k")") == Both{"c", "k"});
  CHECK(carried(R"("correlationid":"c","conversationid":"own","causationid":"k","causeid":"mine")") ==
        Both{"own", "mine"});
  CHECK(carried(R"("causationid":")" + std::string(300, 'x') + "\"").second.empty());
}

TEST_CASE("Publish: every event has an id of its own, in the order of acceptance") {
  Ingest ingest;
  std::string last;
  auto client = ingest.client();
  for (int i = 0; i < 50; ++i) {
    REQUIRE(client.send(
        request_text("POST", "/events", {{"Content-Type", "application/json"}}, R"({"type":"t","data":1})")));
    const auto id = accepted_id(client.answer());
    CHECK(id > last);
    last = id;
  }
}

TEST_CASE("Publish: a key writes into its own tenant") {
  Ingest ingest({.dev = false});
  ingest.declare("tenants", "acme", Json::object());
  const auto key = ingest.key("k", {"events:write"}, "acme");
  CHECK(ingest
            .post("/events", {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + key}},
                  R"({"id":"1","type":"t","data":1})")
            .status == 202);
  const auto record = ingest.log.record(0);
  CHECK(record.headers.get("certes-tenant") == "acme");
  CHECK(record.headers.get("ce_source") == "urn:certes:acme");
  CHECK(record.identity == event::identity("acme", "urn:certes:acme", "1"));
}

TEST_CASE("Publish: accepted events and requests are counted") {
  Ingest ingest;
  ingest.post_json(R"({"type":"t","data":1})");
  ingest.post_json(R"([{"type":"t","data":1},{"type":"t","data":2}])");
  CHECK(ingest.counts(R"(certes_gateway_events_accepted_total{kind="event"} 3)"));
  CHECK(ingest.counts(R"(certes_log_append_duration_seconds_count 2)"));
  CHECK(ingest.counts(R"(certes_gateway_request_duration_seconds_count 2)"));
  CHECK(ingest.metrics.text().find(R"(route="/events")") != std::string::npos);
  CHECK(ingest.metrics.text().find(R"(code="202")") != std::string::npos);
}

TEST_CASE("Gateway: health and metrics need no key") {
  Ingest ingest({.dev = false});
  auto client = ingest.client();
  for (const std::string path : {"/health/live", "/health/ready", "/metrics"})
    CHECK(eventually([&] {  // it is ready once it knows what was accepted before
      REQUIRE(client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n"));
      return client.answer().status == 200;
    }));
}
