// Types of events: their schemas, namespaces, and quarantine.
#include "tests/gateway/ingest/fixture.hpp"

using namespace certes;
using namespace certes::gateway::ingest::testing;

namespace {

const Json kOrder =
    Json::parse(R"({"type":"object","required":["total"],"properties":{"total":{"type":"number","minimum":0},
  "lines":{"items":{"type":"string"}}}})");

Json with_schema(const Json& schema) { return {{"schema", schema}, {"schema_version", 1}}; }

std::string places(const fakes::Answer& answer) {
  std::string all;
  const Json json = json_of(answer);
  if (!json.contains("errors")) return "none";
  for (const auto& error : json["errors"]) all += error["pointer"].get<std::string>() + " ";
  return all;
}

const Headers kJson = {{"Content-Type", "application/json"}};

}  // namespace

TEST_CASE("Types: data that breaks its type's schema is 422 with every place, in each form") {
  Ingest ingest;
  ingest.declare("event-types", "order.created", with_schema(kOrder));
  CHECK(ingest.post_json(R"({"type":"order.created","data":{"total":4}})").status == 202);
  const auto plain = ingest.post_json(R"({"type":"order.created","data":{"total":-1,"lines":["a",2]}})");
  CHECK(plain.status == 422);
  CHECK(json_of(plain)["type"].get<std::string>().ends_with("/schema"));
  CHECK(places(plain) == "/data/lines/1 /data/total ");
  const auto batch = ingest.post_json(
      R"([{"type":"order.created","data":{"total":1}},{"type":"other","data":1},{"type":"order.created","data":{}}])");
  CHECK(batch.status == 422);
  CHECK(places(batch) == "/2/data ");
  const auto structured = ingest.post("/events", {{"Content-Type", "application/cloudevents+json"}},
                                      R"({"specversion":"1.0","id":"1","source":"s","type":"order.created",
                                          "data":{"total":"x"}})");
  CHECK(structured.status == 422);
  CHECK(places(structured) == "/data/total ");
  const auto no_data = ingest.post("/events", {{"Content-Type", "application/cloudevents+json"}},
                                   R"({"specversion":"1.0","id":"2","source":"s","type":"order.created"})");
  CHECK(no_data.status == 422);
  Headers binary = {{"ce-specversion", "1.0"},
                    {"ce-id", "1"},
                    {"ce-source", "s"},
                    {"ce-type", "order.created"},
                    {"Content-Type", "application/json"}};
  CHECK(places(ingest.post("/events", binary, R"({"total":"x"})")) == "/total ");
  CHECK(ingest.post("/events", binary, R"({"total":1})").status == 202);
  CHECK(ingest.post("/events", binary, "not json").status == 422);
  CHECK(ingest.log.taken() == 2);
  CHECK(ingest.counts(R"(certes_gateway_rejected_total{reason="schema",source=""} 6)"));
}

TEST_CASE("Types: numbers that no double holds are known where they stand") {
  Ingest ingest;
  ingest.declare("event-types", "order.created", with_schema(kOrder));
  const auto answer = ingest.post_json(
      R"([{"type":"other","data":1e999},{"type":"order.created","data":{"total":5}},
          {"type":"order.created","data":{"total":123456789012345678901234567890}}])");
  CHECK(answer.status == 422);
  CHECK(places(answer) == "/2/data ");
}

TEST_CASE("Types: the events of a batch share one budget of steps, and the refusal says where it ended") {
  Ingest ingest;
  ingest.declare("event-types", "a", with_schema(Json::parse(R"({"anyOf":[
    {"properties":{"a":{"$ref":"#"}},"required":["b"]},{"properties":{"a":{"$ref":"#"}},"required":["c"]},{"required":["d"]}]})")));
  std::string deep = R"({"d":1})", batch = "[";
  for (int i = 0; i < 7; ++i) deep = R"({"d":1,"a":)" + deep + "}";
  const std::string one = R"({"type":"a","data":)" + deep + "}";
  CHECK(ingest.post_json(one).status == 202);
  for (int i = 0; i < 999; ++i) batch += one + ",";
  const auto refused = ingest.post_json(batch + one + "]");
  CHECK(refused.status == 422);
  CHECK(places(refused).ends_with("/data "));
  CHECK(json_of(refused)["detail"].get<std::string>().find("250000 steps") != std::string::npos);
  CHECK(ingest.post_json(one).status == 202);
}

TEST_CASE("Types: a changed schema holds for the next event") {
  Ingest ingest;
  ingest.declare("event-types", "a", with_schema({{"type", "string"}}));
  CHECK(ingest.post_json(R"({"type":"a","data":1})").status == 422);
  ingest.declare("event-types", "a", with_schema({{"type", "integer"}}));
  CHECK(ingest.post_json(R"({"type":"a","data":1})").status == 202);
  ingest.declare("event-types", "b", Json::object());
  CHECK(ingest.post_json(R"({"type":"a","data":"x"})").status == 422);
}

TEST_CASE("Types: strict namespaces take declared types alone") {
  Ingest ingest;
  CHECK(ingest.post_json(R"({"type":"billing.x","data":1})").status == 202);
  ingest.declare("event-types", "billing", {{"unknown_below", "strict"}});
  ingest.declare("event-types", "billing.test", {{"unknown_below", "open"}});
  ingest.declare("event-types", "billing.paid", Json::object());
  const auto refused = ingest.post_json(R"([{"type":"billing.paid","data":1},{"type":"billing.x.y","data":1}])");
  CHECK(refused.status == 422);
  CHECK(places(refused) == "/1/type ");
  CHECK(ingest.post_json(R"({"type":"billing.paid","data":1})").status == 202);
  CHECK(ingest.post_json(R"({"type":"billing.test.any.thing","data":1})").status == 202);
  CHECK(ingest.post_json(R"({"type":"billings","data":1})").status == 202);
}

TEST_CASE("Types: unknown ones are refused where the setting says so") {
  Options options;
  options.unknown_types = "strict";
  Ingest ingest(options);
  CHECK(ingest.post_json(R"({"type":"a","data":1})").status == 422);
  ingest.declare("event-types", "a", {{"unknown_below", "open"}});
  CHECK(ingest.post_json(R"({"type":"a","data":1})").status == 202);
  CHECK(ingest.post_json(R"({"type":"a.b","data":1})").status == 202);
}

TEST_CASE("Types: a raw webhook that breaks its schema is refused, or kept as a dead letter") {
  Ingest ingest;
  ingest.declare("event-types", "shop.order", with_schema(kOrder));
  ingest.source("shop", {{"verify", {{"scheme", "none"}}}, {"type_from", "const:order"}, {"id_from", "json:/id"}});
  const std::string body = R"({"id":"1","total":"x"})";
  CHECK(places(ingest.post("/events/shop", kJson, body)) == "/total ");
  CHECK(ingest.post("/events/shop", {}, "a=b").status == 422);
  ingest.source("shop", {{"verify", {{"scheme", "none"}}},
                         {"type_from", "const:order"},
                         {"id_from", "json:/id"},
                         {"response", {{"status", 200}}},
                         {"on_invalid", "quarantine"}});
  CHECK(ingest.log.taken() == 0);
  const auto kept = ingest.post("/events/shop", kJson, body);
  CHECK(kept.status == 200);
  CHECK(json_of(kept)["status"] == "accepted");
  REQUIRE(ingest.log.dead_letters() == 1);
  const auto record = ingest.log.record(0);
  CHECK(record.value == body);
  CHECK(record.headers.get("certes-rule") == "schema");
  CHECK(record.headers.get("certes-error").find("/total") != std::string::npos);
  CHECK(record.headers.get("ce_type") == "shop.order");
  CHECK_FALSE(record.identity);
  CHECK(ingest.post("/events/shop", kJson, R"({"id":"1","total":1})").status == 200);
  CHECK(ingest.log.taken() == 2);
  CHECK(ingest.log.dead_letters() == 1);
  CHECK(ingest.counts("certes_gateway_quarantined_total 1"));
  ingest.log.script({Fate::not_persisted});
  CHECK(ingest.post("/events/shop", kJson, body).status == 503);
}
