// What an event takes from a raw webhook: the presets, a source's own `*_from`, forwarded headers; and the rate.
#include "tests/gateway/webhook/prepared.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

event::Event read(const registry::Source& declared, const Webhook& webhook) {
  const auto source = prepare(declared);
  REQUIRE(source);
  event::JsonDocument document;
  event::Event event;
  const auto done = source->read(webhook.request(), document, event);
  REQUIRE_MESSAGE(done, done.error().message);
  return event;
}

Error refusal(const registry::Source& declared, const Webhook& webhook) {
  const auto source = prepare(declared);
  REQUIRE(source);
  event::JsonDocument document;
  event::Event event;
  const auto done = source->read(webhook.request(), document, event);
  REQUIRE_FALSE(done);
  CHECK(done.error().code == Code::invalid);
  return done.error();
}

registry::Source plain(std::string type_from = {}) {
  auto source = source_of("none");
  source.type_from = std::move(type_from);
  return source;
}

using Pairs = std::vector<std::pair<std::string, std::string>>;

}  // namespace

TEST_CASE("GitHub preset: type from event and action, id from the delivery, headers forwarded") {
  const auto event = read(source_of("github", {"s"}), {{{"X-GitHub-Event", "issues"},
                                                        {"X-GitHub-Delivery", "72d3162e"},
                                                        {"X-Hub-Signature-256", "sha256=00"},
                                                        {"X-Other", "no"},
                                                        {"Content-Type", "application/json"}},
                                                       R"({"action": "opened"})",
                                                       "a=1&b=%20"});
  CHECK(event.type == "shop.issues.opened");
  CHECK(event.client_id == "72d3162e");
  CHECK(event.client_gave_id);
  CHECK(event.source == "shop");
  CHECK(event.tenant == "default");
  CHECK(event.data_content_type == "application/json");
  CHECK(event.query == "a=1&b=%20");
  CHECK(event.data == R"({"action": "opened"})");
  CHECK(event.forwarded ==
        Pairs{{"x-hub-signature-256", "sha256=00"}, {"x-github-event", "issues"}, {"x-github-delivery", "72d3162e"}});
}

TEST_CASE("GitHub preset: an event without action, or whose body is no JSON, is its name alone") {
  for (const std::string_view body : {R"({"ref": "main"})", "payload=%7B%7D", "", R"({"action": null})"})
    CHECK(read(source_of("github", {"s"}), {{{"X-GitHub-Event", "push"}}, body}).type == "shop.push");
}

TEST_CASE("GitHub preset: without X-GitHub-Event it is refused, without a delivery it has no id") {
  const auto error = refusal(source_of("github", {"s"}), {{}, R"({"action": "opened"})"});
  CHECK(error.message.find("X-GitHub-Event") != std::string::npos);
  CHECK(error.pointer.find("X-GitHub-Event") != std::string::npos);
  const auto event = read(source_of("github", {"s"}), {{{"X-GitHub-Event", "push"}}, "{}"});
  CHECK(event.client_id.empty());
  CHECK_FALSE(event.client_gave_id);
}

TEST_CASE("GitHub preset: the source's id is not put twice") {
  auto source = source_of("github");
  source.id = "github";
  source.verify.secrets = {sealer().seal("s", "default/sources/github")};
  source.type_from = "github.{header:X-GitHub-Event}.{json:/action}";
  CHECK(read(source, {{{"X-GitHub-Event", "issues"}}, R"({"action": "opened"})"}).type == "github.issues.opened");
  source.type_from = "header:X-GitHub-Event";
  CHECK(read(source, {{{"X-GitHub-Event", "githubs"}}, "{}"}).type == "github.githubs");
  CHECK(read(source, {{{"X-GitHub-Event", "github"}}, "{}"}).type == "github");
}

TEST_CASE("Standard Webhooks preset: type from the body if it is there, id from webhook-id, headers forwarded") {
  const Webhook webhook{{{"Webhook-Id", "msg_1"}, {"Webhook-Timestamp", "17"}, {"Webhook-Signature", "v1,x"}},
                        R"({"type": "user.created"})"};
  const auto event = read(source_of("standard-webhooks", {kSecret}), webhook);
  CHECK(event.type == "shop.user.created");
  CHECK(event.client_id == "msg_1");
  CHECK(event.forwarded == Pairs{{"webhook-id", "msg_1"}, {"webhook-timestamp", "17"}, {"webhook-signature", "v1,x"}});
  CHECK(read(source_of("standard-webhooks", {kSecret}), {{}, "{}"}).type == "shop");
}

TEST_CASE("Source: without type_from and preset its id is the type") {
  const auto event = read(plain(), {{}, "anything \x01\xff"});
  CHECK(event.type == "shop");
  CHECK(event.client_id.empty());
  CHECK(event.data == "anything \x01\xff");
  CHECK(event.data_content_type.empty());
}

TEST_CASE("Source: its own type, id, key and subject are taken before the preset's") {
  auto source = source_of("github", {"s"});
  source.type_from = "json:/kind";
  source.id_from = "json:/n";
  source.key_from = "header:X-Account";
  source.subject_from = "json:/a~1b/0";
  const auto event = read(source, {{{"X-GitHub-Event", "push"}, {"X-GitHub-Delivery", "d"}, {"x-account", "acme"}},
                                   R"({"kind": "paid", "n": 12.50, "a/b": ["first"]})"});
  CHECK(event.type == "shop.paid");
  CHECK(event.client_id == "12.50");
  CHECK(event.partition_key == "acme");
  CHECK(event.subject == "first");
}

TEST_CASE("Source: with deduplicate off the id is carried, but identifies nothing") {
  auto source = source_of("github", {"s"});
  source.deduplicate = false;
  const auto event = read(source, {{{"X-GitHub-Event", "push"}, {"X-GitHub-Delivery", "d"}}, "{}"});
  CHECK(event.client_id == "d");
  CHECK_FALSE(event.client_gave_id);
}

TEST_CASE("Source: its forwarded headers come with the preset's, each once, and only those that are there") {
  auto source = source_of("standard-webhooks", {kSecret});
  source.forward_headers = {"x-tenant", "webhook-id", "x-absent"};
  const auto event = read(source, {{{"X-Tenant", "t"}, {"Webhook-Id", "m"}, {"X-Tenant", "second"}}, "{}"});
  CHECK(event.forwarded == Pairs{{"webhook-id", "m"}, {"x-tenant", "t"}});
}

TEST_CASE("Source: credentials are not forwarded, though a stored source says so") {
  auto source = plain();
  source.forward_headers = {"authorization", "x-a", "cookie"};
  const auto event = read(source, {{{"Authorization", "Basic eDp5"}, {"Cookie", "a=1"}, {"X-A", "1"}}, "{}"});
  CHECK(event.forwarded == Pairs{{"x-a", "1"}});
}

TEST_CASE("Source: values that may not stand in an event are refused, and say where they came from") {
  const std::string long_id(257, 'x');
  auto ids = plain();
  ids.id_from = "header:X-Id";
  CHECK(refusal(ids, {{{"X-Id", long_id}}, ""}).pointer == "header:X-Id");
  CHECK(refusal(ids, {{{"X-Id", "caf\xe9"}}, ""}).message.find("UTF-8") != std::string::npos);
  CHECK(read(ids, {{{"X-Id", std::string_view(long_id).substr(1)}}, ""}).client_id.size() == 256);
  CHECK(refusal(plain("json:/type"), {{}, R"({"type": "a b"})"}).pointer == "json:/type");
  CHECK(refusal(plain("json:/type"), {{}, "{}"}).message.find("names no type") != std::string::npos);
  CHECK(refusal(plain("json:/type"), {{}, "not json"}).message.find("names no type") != std::string::npos);
  auto subjects = plain();
  subjects.subject_from = "json:/s";
  CHECK(refusal(subjects, {{}, R"({"s": "a\u0000b"})"}).pointer == "json:/s");
  CHECK(refusal(plain(), {{{"Content-Type", "text/\xff"}}, ""}).pointer == "content-type");
}

TEST_CASE("Source: an empty Content-Type is as good as none") {
  CHECK(read(plain(), {{{"Content-Type", ""}}, "x"}).data_content_type.empty());
}

TEST_CASE("Source: a forwarded header that no delivery could carry is refused") {
  auto source = plain();
  source.forward_headers = {"x-name"};
  const std::string huge(20'000, 'x');
  for (const std::string_view value :
       {std::string_view("caf\xe9"), std::string_view("a\x01z"), std::string_view(huge)}) {
    const auto error = refusal(source, {{{"X-Name", value}}, ""});
    CHECK(error.pointer == "x-name");
  }
  CHECK(read(source, {{{"X-Name", "caf\xc3\xa9"}}, ""}).forwarded == Pairs{{"x-name", "caf\xc3\xa9"}});
}
