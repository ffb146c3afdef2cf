// What an event takes from a raw webhook: the presets, a source's own `*_from`, forwarded headers; and the rate.
#include "tests/fakes/packed.hpp"
#include "tests/gateway/webhook/prepared.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

struct Read {
  event::Event event;
  std::vector<http::Fault> misfits;
};

Read read_any(const registry::Source& declared, const Webhook& webhook) {
  const auto source = prepare(declared);
  REQUIRE(source);
  event::JsonDocument document;
  std::string unpacked;
  Read read;
  read.misfits = source->read(webhook.request(), {document, unpacked}, read.event);
  return read;
}

// Of a webhook of which everything fits.
event::Event read(const registry::Source& declared, const Webhook& webhook) {
  auto read = read_any(declared, webhook);
  for (const auto& misfit : read.misfits) FAIL_CHECK(misfit.detail);
  return std::move(read.event);
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

TEST_CASE("Source: a packed body is looked into unpacked, and travels on as it came, with its coding") {
  const std::string json = R"({"action": "opened"})", form = "payload=%7B%22action%22%3A%22opened%22%7D";
  for (const auto& [coding, body] : {std::pair<std::string, std::string>{"gzip", fakes::packed(json)},
                                     {"deflate", fakes::packed(json, fakes::kZlib)}}) {
    const auto event =
        read(source_of("github", {"s"}), {{{"X-GitHub-Event", "issues"}, {"Content-Encoding", coding}}, body});
    CHECK(event.type == "shop.issues.opened");
    CHECK(event.data == body);
    CHECK(event.json);
    CHECK(event.forwarded == Pairs{{"content-encoding", coding}, {"x-github-event", "issues"}});
  }
  const std::string packed_form = fakes::packed(form);
  CHECK(read(source_of("github", {"s"}), {{{"X-GitHub-Event", "issues"},
                                           {"Content-Encoding", "gzip"},
                                           {"Content-Type", "application/x-www-form-urlencoded"}},
                                          packed_form})
            .type == "shop.issues.opened");
  CHECK(read(plain("json:/action"), {{{"Content-Encoding", "identity"}}, json}).forwarded.empty());
  auto source = plain("json:/action");
  source.forward_headers = {"content-encoding"};
  const std::string packed = fakes::packed(json);
  CHECK(read(source, {{{"Content-Encoding", "gzip"}}, packed}).forwarded == Pairs{{"content-encoding", "gzip"}});
}

TEST_CASE("Source: of a body that cannot be unpacked nothing is found, and that is told") {
  const std::string packed = fakes::packed(R"({"type": "a"})"), bomb = fakes::packed(std::string(2u << 20, ' '));
  for (const auto& [coding, body] : {std::pair<std::string, std::string>{"br", packed},
                                     {"gzip", "no gzip"},
                                     {"gzip", bomb},
                                     {"gzip, gzip", packed}}) {
    const auto [event, misfits] = read_any(plain("json:/type"), {{{"Content-Encoding", coding}}, body});
    CHECK(event.type == "shop");
    CHECK(event.data == body);
    CHECK(event.forwarded == Pairs{{"content-encoding", coding}});
    REQUIRE(misfits.size() == 1);
    CHECK(misfits[0].pointer == "content-encoding");
  }
}

TEST_CASE("GitHub preset: sent as a form, it is what its payload says") {
  const std::string_view body = "payload=%7B%22action%22%3A%22opened%22%2C%22number%22%3A7%7D";
  auto source = source_of("github", {"s"});
  source.subject_from = "json:/number";
  const Webhook webhook{
      {{"X-GitHub-Event", "issues"}, {"Content-Type", "Application/X-WWW-Form-Urlencoded; charset=utf-8"}}, body};
  const auto event = read(source, webhook);
  CHECK(event.type == "shop.issues.opened");
  CHECK(event.subject == "7");
  CHECK(event.data == body);
  CHECK_FALSE(event.json);  // the form is no JSON
  for (const std::string_view other : {"payload=%7B", "a=%7B%7D", "payload=%zz", ""})
    CHECK(read(source, {webhook.headers, other}).type == "shop.issues");
  CHECK(read(source_of("stripe", {"s"}), {{webhook.headers[1]}, "payload=%7B%22type%22%3A%22a%22%7D"}).type == "shop");
}

TEST_CASE("Slack preset: events, interactions and slash commands") {
  const auto source = source_of("slack", {"s"});
  const auto type_of = [&](std::string_view content_type, std::string_view body) {
    return read(source, {{{"Content-Type", content_type}}, body}).type;
  };
  const std::string_view json = "application/json", form = "application/x-www-form-urlencoded";
  CHECK(type_of(json, R"({"type":"event_callback","event":{"type":"app_mention"}})") == "shop.app_mention");
  CHECK(type_of(json, R"({"type":"app_rate_limited"})") == "shop.app_rate_limited");
  CHECK(type_of(form, "payload=%7B%22type%22%3A%22block_actions%22%7D") == "shop.block_actions");
  CHECK(type_of(form, "token=x&command=%2Fweather&text=94070") == "shop.command./weather");
  CHECK(type_of(form, "a=1") == "shop");
}

TEST_CASE("GitHub preset: without X-GitHub-Event the source's id is the type, without a delivery it has no id") {
  CHECK(read(source_of("github", {"s"}), {{}, R"({"action": "opened"})"}).type == "shop");
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

TEST_CASE("Source: where the webhook names no type, its id is the type, whoever asked for one") {
  for (const std::string_view body : {"{}", "not json", "", R"({"type": ""})", R"({"type": {}})"})
    CHECK(read(plain("json:/type"), {{}, body}).type == "shop");
  CHECK(read(plain("{header:X-Kind}.{json:/type}"), {{}, R"({"type": "a"})"}).type == "shop");
}

TEST_CASE("Source: what may not stand in a type is made to, and told") {
  const std::pair<std::string, std::string> cases[] = {
      {"Order Completed", "shop.Order_Completed"},
      {"caf\xc3\xa9 \xe2\x82\xac", "shop.caf___"},
      {"a..b", "shop.a._.b"},
      {".a.", "shop._.a._"},
      {"#", "shop._"},
      {"*.x", "shop._.x"},
      {std::string(300, 'x'), "shop." + std::string(250, 'x')},
      {std::string(249, 'x') + ".y", "shop." + std::string(249, 'x')},
  };
  for (const auto& [said, type] : cases) {
    CAPTURE(said);
    const auto [event, misfits] = read_any(plain("json:/type"), {{}, R"({"type": ")" + said + "\"}"});
    CHECK(event.type == type);
    CHECK(event::valid_type(event.type));
    REQUIRE(misfits.size() == 1);
    CHECK(misfits[0].pointer == "json:/type");
    CHECK(misfits[0].detail.starts_with("the type of this webhook must be"));
  }
  CHECK(read_any(plain("header:X-Type"), {{{"X-Type", "caf\xe9"}}, ""}).event.type == "shop.caf_");
}

TEST_CASE("Source: an id, key or subject that may not stand in an event is known by its digest, and told") {
  const std::string long_id(257, 'x'), digest = "sha256:" + crypto::hex_encode(crypto::sha256(long_id));
  auto source = plain();
  source.id_from = source.key_from = "header:X-Id";
  source.subject_from = "json:/s";
  const auto [event, misfits] = read_any(source, {{{"X-Id", long_id}}, R"({"s": "a\u0000b"})"});
  CHECK(event.client_id == digest);
  CHECK(event.client_gave_id);
  CHECK(event.partition_key == digest);
  CHECK(event.subject == "sha256:" + crypto::hex_encode(crypto::sha256(std::string("a\0b", 3))));
  REQUIRE(misfits.size() == 3);
  CHECK(misfits[0].pointer == "header:X-Id");
  CHECK(misfits[1].detail.starts_with("the key of this webhook is longer"));
  CHECK(misfits[2].pointer == "json:/s");
  const auto latin = read_any(source, {{{"X-Id", "caf\xe9"}}, ""});
  CHECK(latin.event.client_id == "sha256:" + crypto::hex_encode(crypto::sha256("caf\xe9")));
  CHECK(latin.misfits[0].detail.find("UTF-8") != std::string::npos);
  CHECK(read(source, {{{"X-Id", std::string_view(long_id).substr(1)}}, ""}).client_id.size() == 256);
}

TEST_CASE("Source: an empty Content-Type is as good as none") {
  CHECK(read(plain(), {{{"Content-Type", ""}}, "x"}).data_content_type.empty());
}

TEST_CASE("Source: a header that no delivery could carry is left out, and told") {
  auto source = plain();
  source.forward_headers = {"x-name"};
  const std::string huge(20'000, 'x');
  for (const std::string_view value :
       {std::string_view("caf\xe9"), std::string_view("a\x01z"), std::string_view(huge)}) {
    const auto [event, misfits] = read_any(source, {{{"X-Name", value}, {"Content-Type", value}}, "x"});
    CHECK(event.forwarded.empty());
    CHECK(event.data_content_type.empty());
    CHECK(event.data == "x");
    REQUIRE(misfits.size() == 2);
    CHECK(misfits[0].pointer == "content-type");
    CHECK(misfits[1].pointer == "x-name");
  }
  CHECK(read(source, {{{"X-Name", "caf\xc3\xa9"}}, ""}).forwarded == Pairs{{"x-name", "caf\xc3\xa9"}});
}
