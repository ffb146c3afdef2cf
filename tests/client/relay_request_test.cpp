// What is posted to a relay, as it is spooled.
#include "client/relay/relay_request.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace certes;
using namespace certes::client;

namespace {

const std::string kPlain = R"({"type":"t","data":1})";

http::Request request(std::string_view content_type, std::string_view body, std::vector<std::string_view> hops) {
  http::Request made;
  made.method = "POST";
  made.path = "/events";
  made.body = body;
  made.headers.push_back({"Content-Type", content_type});
  for (const std::string_view one : hops) made.headers.push_back({"Certes-Hops", one});
  return made;
}

std::ptrdiff_t lines(const Item& item, std::string_view line) { return std::ranges::count(item.headers, line); }

struct Reader {
  SystemClock clock;
  RelayReader reader{clock, 10};
};

}  // namespace

TEST_CASE("Relay: how often an event has been here travels on with it") {
  Reader relay;
  const auto one = relay.reader.events(request("application/json", kPlain, {"3"}));
  REQUIRE(one);
  CHECK(lines(one->items.front(), "certes-hops: 3") == 1);
  const auto batch = relay.reader.events(request("application/json", "[" + kPlain + "," + kPlain + "]", {"2"}));
  REQUIRE(batch);
  for (const Item& item : batch->items) CHECK(lines(item, "certes-hops: 2") == 1);
  const auto none = relay.reader.events(request("application/json", kPlain, {}));
  REQUIRE(none);
  CHECK(none->items.front().headers.empty());
  const auto raw = relay.reader.raw(request("text/plain", "x", {"8"}), "shop");
  REQUIRE(raw);
  CHECK(lines(raw->items.front(), "Certes-Hops: 8") == 1);
}

TEST_CASE("Relay: a trace goes on as headers of a plain event, as attributes of a CloudEvent") {
  Reader relay;
  const std::string ids = "-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const std::string later = "01" + ids;
  auto plain = request("application/json", kPlain, {});
  plain.headers.push_back({"Traceparent", later});
  plain.headers.push_back({"Tracestate", "a=1"});
  const auto one = relay.reader.events(plain);
  REQUIRE(one);
  CHECK(lines(one->items.front(), "traceparent: 00" + ids) == 1);
  CHECK(lines(one->items.front(), "tracestate: a=1") == 1);
  auto cloud =
      request("application/cloudevents+json", R"({"specversion":"1.0","id":"1","source":"/s","type":"t"})", {});
  cloud.headers.push_back({"Traceparent", later});
  cloud.headers.push_back({"Tracestate", "a=1"});
  const auto other = relay.reader.events(cloud);
  REQUIRE(other);
  CHECK(other->items.front().body.find(R"("traceparent":"00)" + ids + R"(","tracestate":"a=1")") != std::string::npos);
}

TEST_CASE("Relay: names that are Certes' own are refused, as the gateway would refuse them for ever") {
  Reader relay;
  const auto refused = [&](std::string_view content_type, const std::string& body, const std::string& pointer) {
    CAPTURE(body);
    const auto one = relay.reader.events(request(content_type, body, {}));
    REQUIRE_FALSE(one);
    CHECK(one.error().code == Code::forbidden);
    CHECK(one.error().pointer == pointer);
  };
  for (const std::string source : {"urn:certes:default/commands", "URN:Certes:x/", "urn%3Acertes:default%2Fresults"})
    refused("application/json", R"({"type":"t","data":1,"source":")" + source + "\"}", "/source");
  refused("application/json", R"({"type":"certes.x","data":1})", "/type");
  refused("application/json", "[" + kPlain + R"(,{"type":"t","data":1,"source":"urn:certes:a/b"}])", "/1/source");
  auto binary = request("text/plain", "x", {});
  for (const auto& [name, value] :
       {std::pair{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-type", "t"}, {"ce-source", "urn:certes:a/b"}})
    binary.headers.push_back({name, value});
  const auto one = relay.reader.events(binary);
  REQUIRE_FALSE(one);
  CHECK(one.error().pointer == "ce-source");
  CHECK(relay.reader.events(request("application/json", R"({"type":"t","data":1,"source":"urn:certes:a"})", {})));
}

TEST_CASE("Relay: what comes round too often, or does not say how often, is not spooled") {
  Reader relay;
  for (const auto& [hops, code] : {std::pair{"9", Code::conflict}, {"-1", Code::invalid}, {"x", Code::invalid}}) {
    CAPTURE(hops);
    const auto one = relay.reader.events(request("application/json", kPlain, {"0", hops}));
    REQUIRE_FALSE(one);
    CHECK(one.error().code == code);
    const auto raw = relay.reader.raw(request("text/plain", "x", {hops}), "shop");
    REQUIRE_FALSE(raw);
    CHECK(raw.error().code == code);
  }
}
