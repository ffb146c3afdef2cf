#include "client/producer.hpp"

#include <doctest/doctest.h>

#include "tests/client/canned_server.hpp"
#include "tests/fakes/temporary_directory.hpp"

using namespace certes;
using testing::CannedServer;

namespace {

constexpr Millis kSoon{10'000};

std::unique_ptr<Producer> opened(ProducerOptions options) {
  auto producer = Producer::open(std::move(options));
  REQUIRE_MESSAGE(producer.has_value(), producer.error().message);
  return std::move(*producer);
}

ProducerEvent event(std::string type, std::string data = "1") {
  ProducerEvent made;
  made.type = std::move(type);
  made.data = std::move(data);
  return made;
}

// A producer whose gateway is never there.
std::unique_ptr<Producer> lonely(const std::string& spool = "") {
  ProducerOptions options;
  options.gateway_url = "http://127.0.0.1:1";
  options.spool = spool;
  return opened(std::move(options));
}

}  // namespace

TEST_CASE("Producer: publishes to the gateway with its key and the event's id") {
  CannedServer server({{202, R"({"id":"evt_1","status":"accepted"})"}});
  std::vector<ProducerEnd> ends;
  ProducerOptions options;
  options.gateway_url = server.url() + "/";
  options.key = "certes_key";
  options.on_end = [&](const ProducerEnd& end) { ends.push_back(end); };
  const auto producer = opened(std::move(options));
  auto order = event("order.created", R"({"total":42})");
  order.partition_key = "customer-7";
  const auto id = producer->publish(order);
  REQUIRE(id.has_value());
  CHECK(id->starts_with("pub_"));
  CHECK(producer->wait_until_sent(kSoon));
  CHECK(producer->close(Millis{0}) == 0);
  const std::string request = server.requests().at(0);
  CHECK(request.starts_with("POST /events HTTP/1.1\r\n"));
  CHECK(request.find("Authorization: Bearer certes_key\r\n") != std::string::npos);
  CHECK(request.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(request.find("\"id\":\"" + *id + "\"") != std::string::npos);
  CHECK(request.find(R"("partition_key":"customer-7")") != std::string::npos);
  CHECK(request.ends_with(R"("data":{"total":42}})"));
  REQUIRE(ends.size() == 1);
  CHECK(ends[0].accepted);
  CHECK(ends[0].answer == R"({"id":"evt_1","status":"accepted"})");
}

TEST_CASE("Producer: refuses what the gateway would, with the member at fault") {
  const auto producer = lonely();
  const auto pointer = [&](const ProducerEvent& wrong) { return producer->publish(wrong).error().pointer; };
  CHECK(pointer(event("")) == "/type");
  CHECK(pointer(event("a..b")) == "/type");
  CHECK(pointer(event("a.b", "{")) == "/data");
  auto wrong = event("a.b");
  wrong.id = std::string(257, 'x');
  CHECK(pointer(wrong) == "/id");
  wrong = event("a.b");
  wrong.time = "yesterday";
  CHECK(pointer(wrong) == "/time");
  wrong = event("a.b");
  wrong.extensions = {{"Region", "eu"}};
  wrong.source = "urn:s";
  CHECK(pointer(wrong) == "/extensions");
  wrong.extensions = {{"region", "eu"}};
  wrong.source.clear();
  CHECK(pointer(wrong) == "/source");
  wrong = event("a.b", "plain words");
  wrong.data_content_type = "text/plain";
  CHECK(pointer(wrong) == "/source");
  CHECK(producer->publish(event("certes.x")).error().code == Code::forbidden);
  CHECK(producer->publish(event("a.b", "\"" + std::string(1u << 20, 'x') + "\"")).error().code == Code::too_large);
  CHECK(producer->publish({event("a.b"), event("a..b")}).error().code == Code::invalid);
  CHECK(producer->status().waiting == 0);  // none of the two
}

TEST_CASE("Producer: what is published outlives it") {
  const test::TemporaryDirectory directory;
  {
    const auto producer = lonely(directory.file("spool"));
    REQUIRE(producer->publish(event("a.b")).has_value());
    REQUIRE(producer->publish({event("a.c"), event("a.d")}).has_value());
    CHECK(producer->close(Millis{0}) == 3);
  }
  CannedServer server({{202, "{}"}});
  ProducerOptions options;
  options.gateway_url = server.url();
  options.spool = directory.file("spool");
  const auto producer = opened(std::move(options));
  CHECK(producer->wait_until_sent(kSoon));
  const std::string request = server.requests().at(0);
  for (const char* type : {"a.b", "a.c", "a.d"}) CHECK(request.find(type) != std::string::npos);
}

TEST_CASE("Producer: shows what was given up, and why") {
  CannedServer server({{400, R"({"title":"no","detail":"not this"})"}});
  ProducerOptions options;
  options.gateway_url = server.url();
  const auto producer = opened(std::move(options));
  const auto id = producer->publish(event("a.b"));
  REQUIRE(producer->wait_until_sent(kSoon));
  const auto rejected = producer->rejected();
  REQUIRE(rejected.has_value());
  REQUIRE(rejected->size() == 1);
  CHECK(rejected->at(0).id == *id);
  CHECK(rejected->at(0).type == "a.b");
  CHECK(rejected->at(0).end.status == 400);
  CHECK(rejected->at(0).end.answer.find("not this") != std::string::npos);
  CHECK(producer->drop_rejected(rejected->at(0).number).has_value());
  CHECK(producer->status().rejected == 0);
}

TEST_CASE("Producer: options that cannot be are refused") {
  ProducerOptions options;
  options.gateway_url = "ftp://x";
  CHECK(Producer::open(std::move(options)).error().code == Code::invalid);
  const test::TemporaryDirectory directory;
  const auto first = lonely(directory.file("spool"));
  ProducerOptions second;
  second.spool = directory.file("spool");
  CHECK(Producer::open(std::move(second)).error().code == Code::conflict);
}
