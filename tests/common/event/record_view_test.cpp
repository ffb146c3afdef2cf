// What makes a record of `events` no event, whoever wrote it.
#include <doctest/doctest.h>

#include "common/event/event.hpp"

using namespace certes;
using namespace certes::event;

namespace {

using Pair = std::pair<std::string, std::string>;

const std::vector<Pair> kGood = {{"ce_specversion", "1.0"}, {"ce_id", "7"}, {"ce_source", "/s"}, {"ce_type", "a.b"}};

log::StoredRecord with(const std::vector<Pair>& others, std::string_view without = {}) {
  log::StoredRecord record;
  for (const auto& [name, value] : kGood)
    if (name != without) record.headers.add(name, value);
  for (const auto& [name, value] : others) record.headers.add(name, value);
  return record;
}

}  // namespace

TEST_CASE("View: says which header makes a record no event") {
  const Pair rows[] = {{"ce_specversion", "0.3"},
                       {"ce_id", ""},
                       {"ce_id", std::string(257, 'x')},
                       {"ce_id", "a\r\nb"},
                       {"ce_id", "\xff"},
                       {"ce_source", "a\nb"},
                       {"ce_type", "a b"},
                       {"ce_time", "yesterday"},
                       {"ce_subject", std::string(1'025, 'x')},
                       {"ce_partitionkey", "a\tb"},
                       {"ce_conversationid", std::string(257, 'x')},
                       {"ce_conversationid", "c\r\nX-Evil: 1"},
                       {"ce_causeid", "c\n"},
                       {"ce_datacontenttype", "text/plain"},
                       {"ce_extra", "x\ny"},
                       {"ce_extra", std::string(4'097, 'x')},
                       {"ce_Extra", "x"},
                       {"ce_a: b", "x"},
                       {"ce_", "x"},
                       {"ce_tracestate", "a=1\r\nb: c"},
                       {"content-type", "text/plain\nx: y"},
                       {"content-type", std::string(1'025, 'x')},
                       {"certes-kind", "message"},
                       {"certes-kind", ""},
                       {"certes-id", ""},
                       {"certes-id", "evt_1\r\nX-Evil: 1"},
                       {"certes-id", "evt.1"},
                       {"certes-id", "\xc3\xa9"},
                       {"certes-id", std::string(65, 'x')},
                       {"certes-tenant", "a/b"},
                       {"certes-tenant", ""},
                       {"certes-tenant", "a\nb"},
                       {"certes-client-id", "yes"},
                       {"certes-wait", "true"},
                       {"certes-query", "a=1\r\nX-Evil: 1"},
                       {"certes-reply-to", "file:///etc/passwd"},
                       {"certes-reply-to", "http://a/\r\nX-Evil: 1"},
                       {"certes-reply-to", "http://a/ b"},
                       {"certes-replay", "rpl 1"},
                       {"certes-replays", "0"},
                       {"certes-replays", "1000001"},
                       {"certes-endpoint", "a b"},
                       {"certes-rule", "a\"b"},
                       {"certes-verified", "stripe shop"},
                       {"certes-registry", ""},
                       {"certes-registry", "-1"},
                       {"certes-registry", "12x"},
                       {"certes-registry", "1234567890123456789"},
                       {"certes-hops", "many"},
                       {"certes-hops", "9"},
                       {"certes-hops", "-1"},
                       {"certes-h-x", "x\ry"},
                       {"certes-h-x", std::string(8'193, 'x')},
                       {"certes-h-", "x"},
                       {"certes-h-a b", "x"},
                       {"certes-h-x\r\ny", "x"},
                       {"certes-h-authorization", "Basic eDp5"},
                       {"certes-h-Authorization", "Basic eDp5"},
                       {"certes-h-proxy-authorization", "Basic eDp5"},
                       {"certes-h-cookie", "a=1"}};
  for (const auto& [name, value] : rows) {
    CAPTURE(name);
    CAPTURE(value);
    const auto record = with({{name, value}}, name);
    const auto seen = view(record);
    REQUIRE_FALSE(seen);
    CHECK(seen.error().pointer == name);
    CHECK(seen.error().code == Code::invalid);
  }
  CHECK_FALSE(view(log::StoredRecord{}));
}

TEST_CASE("View: what an event needs must be there, and nothing twice") {
  for (const auto& [name, value] : kGood) {
    CAPTURE(name);
    CHECK(view(with({}, name)).error().pointer == name);
    CHECK(view(with({{name, value}})).error().pointer == name);
  }
  for (const char* name : {"content-type", "certes-id", "certes-tenant", "certes-registry", "ce_extra"})
    CHECK(view(with({{name, "1"}, {name, "2"}})).error().pointer == name);
}

TEST_CASE("View: so many attributes and forwarded headers, and no more") {
  std::vector<Pair> many;
  for (int i = 0; i < 64; ++i) many.emplace_back("ce_x" + std::to_string(i), "1");
  CHECK(view(with(many)));
  for (int i = 64; i < 80; ++i) many.emplace_back("ce_x" + std::to_string(i), "1");
  CHECK_FALSE(view(with(many)));
  many.clear();
  for (int i = 0; i < 64; ++i) many.emplace_back("certes-h-x" + std::to_string(i), "1");
  CHECK(view(with(many)));
  many.emplace_back("certes-h-one-more", "1");
  CHECK(view(with(many)).error().pointer == "certes-h-one-more");
}

TEST_CASE("View: what Certes writes, and what others may, is an event") {
  const Pair rows[] = {{"certes-id", std::string(64, 'x')},
                       {"certes-tenant", "acme.eu~1-a_b"},
                       {"certes-replay", "rpl_letter_0-12"},
                       {"certes-replays", "3"},
                       {"certes-endpoint", "billing,shipping,:reply-to"},
                       {"certes-reply-to", "https://a.example:8443/x?y=1"},
                       {"certes-hops", "8"},
                       {"certes-wait", "1"},
                       {"certes-query", "a=1&b=%20"},
                       {"certes-rule", "dead_letter_on 404"},
                       {"certes-verified", "stripe/shop_1"},
                       {"certes-registry", "123456789012345678"},
                       {"certes-h-x-hub-signature-256", "sha256=caf\xc3\xa9"},
                       {"certes-h-webhook-id", "m"},
                       {"ce_subject", "caf\xc3\xa9"},
                       {"content-type", ""},
                       {"certes-somebody-elses", "\r\n"},
                       {"x-anything", "\r\n"}};
  for (const auto& [name, value] : rows) {
    CAPTURE(name);
    CHECK(view(with({{name, value}})));
  }
}

TEST_CASE("Identified: only what Certes wrote, and what is an event") {
  const std::vector<Pair> own = {{"certes-id", "evt_1"}, {"certes-tenant", "acme"}, {"certes-client-id", "1"}};
  const auto record = with(own);  // which `known` looks into
  const auto known = identified(record);
  REQUIRE(known);
  CHECK(known->id == "evt_1");
  CHECK(known->identity == identity("acme", "/s", "7"));
  CHECK_FALSE(identified(with({})));
  CHECK_FALSE(identified(with({{"certes-id", "evt_1"}, {"certes-tenant", "acme"}})));
  auto replayed = own;
  replayed.emplace_back("certes-replay", "rpl_1");
  CHECK_FALSE(identified(with(replayed)));
  CHECK_FALSE(identified(with({{"certes-id", "\",\"x\":\""}, {"certes-tenant", "acme"}, {"certes-client-id", "1"}})));
}
