#include "common/registry/audit.hpp"

#include <doctest/doctest.h>

#include "common/registry/audit_json.hpp"
#include "common/registry/audit_values.hpp"
#include "tests/common/registry/fixture.hpp"

using namespace certes;
using namespace certes::registry;
using namespace certes::registry::testing;

namespace {

AuditEntry entry(std::int64_t offset, const std::string& id, const std::string& by = "k", std::int64_t part = 0) {
  AuditEntry made;
  made.offset = offset;
  made.part = part;
  made.at = 1'000 + offset;
  made.kind = "endpoints";
  made.tenant = "default";
  made.id = id;
  made.by = by;
  return made;
}

std::string ids(const AuditPage& page) {
  std::string text;
  for (const AuditEntry& one : page.entries) text += one.id;
  return text;
}

std::vector<std::string> members(const char* before, const char* after) { return changed_members(before, after); }

using Members = std::vector<std::string>;

}  // namespace

TEST_CASE("Audit: a page has the newest first, and the next one goes on behind it") {
  AuditTrail trail;
  for (int i = 0; i < 5; ++i) trail.add(entry(i, std::string(1, static_cast<char>('a' + i))));
  trail.add(entry(4, "f", "k", 1));  // of the same change
  AuditQuery query;
  query.limit = 2;
  std::string all;
  for (int pages = 0; pages < 4; ++pages) {
    const AuditPage page = trail.page(query);
    all += ids(page) + "|";
    if (!page.next) break;
    query.before = *AuditCursor::parse(page.next->text());
  }
  CHECK(all == "fe|dc|ba|");
  CHECK(*trail.page({}).since == 1'000);
}

TEST_CASE("Audit: filters narrow it, each by itself and together; another tenant's changes are not in it") {
  AuditTrail trail;
  trail.add(entry(1, "a", "one"));
  trail.add(entry(2, "b", "two"));
  trail.add(entry(3, "a", "two"));
  AuditEntry key = entry(4, "a", "one");
  key.kind = "keys";
  trail.add(key);
  AuditEntry other = entry(5, "z");
  other.tenant = "acme";
  trail.add(other);
  const auto found = [&](auto edit) {
    AuditQuery query;
    edit(query);
    std::string text;
    for (const AuditEntry& one : trail.page(query).entries) text += std::to_string(one.offset);
    return text;
  };
  CHECK(found([](AuditQuery&) {}) == "4321");
  CHECK(found([](AuditQuery& q) { q.kind = "keys"; }) == "4");
  CHECK(found([](AuditQuery& q) { q.id = "a"; }) == "431");
  CHECK(found([](AuditQuery& q) { q.by = "two"; }) == "32");
  CHECK(found([](AuditQuery& q) { q.from = 1'002; }) == "432");
  CHECK(found([](AuditQuery& q) { q.to = 1'002; }) == "1");
  CHECK(found([](AuditQuery& q) { q.id = "a", q.by = "two"; }) == "3");
  CHECK(found([](AuditQuery& q) { q.tenant = "acme"; }) == "5");
}

TEST_CASE("Audit: beyond its limit the oldest is forgotten, and counted") {
  AuditTrail trail(3);
  for (int i = 0; i < 10; ++i) trail.add(entry(i, std::to_string(i)));
  const AuditPage page = trail.page({});
  CHECK(ids(page) == "987");
  CHECK(*page.since == 1'007);
  CHECK(page.forgotten == 7);
  AuditTrail none(0);
  none.add(entry(1, "a"));
  CHECK(none.page({}).entries.empty());
}

TEST_CASE("Audit: a cursor is two numbers, and nothing else") {
  CHECK(AuditCursor::parse("12.3")->offset == 12);
  CHECK(AuditCursor::parse("12.3")->part == 3);
  for (const char* text : {"", ".", "1", "1.", ".1", "-1.0", "1.-2", "1.2.3", "1.2x", "99999999999999999999.0"})
    CHECK_FALSE(AuditCursor::parse(text));
}

TEST_CASE("Audit: changed members are named as the API names them, without values") {
  CHECK(members(R"({"url":"a","n":1})", R"({"url":"b","n":1})") == Members{"/url"});
  CHECK(members(R"({"a":1})", R"({"b":1})") == Members{"/b", "/a"});
  CHECK(members(R"({"quotas":{"keys":1,"sources":2}})", R"({"quotas":{"keys":2,"sources":2}})") ==
        Members{"/quotas/keys"});
  CHECK(members(R"({"quotas":{"keys":1}})", "{}") == Members{"/quotas"});
  CHECK(members(R"({"secrets":[{"secret":"sealed:v1:x"}]})", R"({"secrets":[{"secret":"sealed:v1:y"}]})") ==
        Members{"/secret"});
  CHECK(members(R"({"hash":"a"})", R"({"hash":"b","former":[{"hash":"a"}]})") == Members{"/key"});
  CHECK(members(R"({"headers":{"X/a~b":"1"}})", R"({"headers":{"X/a~b":"2"}})") == Members{"/headers/X~1a~0b"});
  CHECK(members(R"({"deep":{"er":{"still":1}}})", R"({"deep":{"er":{"still":2}}})") == Members{"/deep/er"});
  CHECK(members(R"({"headers_sealed":{"A":"sealed:v1:x"}})", R"({"headers_sealed":{"A":"sealed:v1:y"}})") ==
        Members{"/headers/A"});
  CHECK(members("{}", "{}").empty());
  CHECK(members("{", "{}").empty());
  OrderedJson many;
  for (int i = 0; i < 100; ++i) many["m" + std::to_string(i)] = i;
  CHECK(changed_members("{}", many.dump()).size() == kMostMembers);
}

TEST_CASE("Audit: an entry goes through a snapshot unchanged; what is none is passed over") {
  AuditEntry full = entry(7, "a", "acme/admin", 2);
  full.change_id = "chg_1";
  full.action = AuditEntry::Action::remove;
  full.refused = "conflict";
  full.reason = "because";
  full.version = 3;
  full.members = {"/url"};
  full.values = {R"({"/url":"http://a/"})", R"({"/url":"http://b/"})", {"/schema"}};
  full.with = "endpoints/b";
  CHECK(*entry_of(stored_entry(full)) == full);
  CHECK(*entry_of(stored_entry(entry(1, "a"))) == entry(1, "a"));
  CHECK_FALSE(entry_of(Json::parse(R"({"offset":1})")));
  CHECK_FALSE(entry_of(Json::parse("[1]")));
}

TEST_CASE("Audit: what was decided is in it: who, what, which members, and why not") {
  FakeLog log;
  log.append("chg_1", put_endpoint("a"));
  log.append("chg_2", put_endpoint("a", "http://other/"));
  log.append("chg_2", put_endpoint("a", "http://other/"));  // a copy decides nothing
  log.append("chg_3", change(Change::Op::create, "endpoints", "a", R"({"url":"http://x/"})"));
  log.append("chg_4", put_subscription("s", "a"));
  Change remove = change(Change::Op::remove, "endpoints", "a");
  log.append("chg_5", remove);
  remove.cascade = true;
  log.append("chg_6", remove);
  log.append("chg_7", change(Change::Op::create, "installation", "sealing", R"({"check":"sealed"})"));
  Replica replica(0);
  follow(replica, log);
  const auto& entries = replica.decider().audit().entries();
  REQUIRE(entries.size() == 7);
  CHECK(entries[0].action == AuditEntry::Action::create);
  CHECK(entries[0].by == "tester");
  CHECK(entries[0].at == 1'000'000);
  CHECK(entries[0].members.empty());
  CHECK(entries[1].action == AuditEntry::Action::change);
  CHECK(entries[1].members == Members{"/url"});
  CHECK(entries[0].values.before.empty());
  CHECK(OrderedJson::parse(entries[0].values.after)["/url"] == OrderedJson::parse(entries[1].values.before)["/url"]);
  CHECK(entries[1].values.after == R"({"/url":"http://other/"})");
  CHECK(entries[1].version == 2);
  CHECK(entries[2].change_id == "chg_3");
  CHECK(entries[2].refused == "conflict");
  CHECK(entries[4].refused == "conflict");
  CHECK(entries[4].reason.find("subscriptions/s") != std::string::npos);
  CHECK(entries[5].refused.empty());
  CHECK(entries[5].action == AuditEntry::Action::remove);
  CHECK(OrderedJson::parse(entries[5].values.before)["/url"] == "http://other/");
  CHECK(entries[5].values.after.empty());
  CHECK(OrderedJson::parse(entries[6].values.before)["/endpoint"] == "a");
  CHECK(entries[6].kind == "subscriptions");
  CHECK(entries[6].id == "s");
  CHECK(entries[6].with == "endpoints/a");
  CHECK(entries[6].part == 1);
  CHECK(entries[6].offset == entries[5].offset);
}

TEST_CASE("Audit: values are what the API shows: none of secrets, long ones named and not kept") {
  Entry before, after;
  before.kind = after.kind = "endpoints";
  before.id = after.id = "a";
  const auto body = [](const std::string& text) { return std::make_shared<const std::string>(text); };
  before.body = body(R"({"url":"http://a/","headers_sealed":{"X":"sealed:v1:canary"},"timeout_seconds":5})");
  after.body = body(R"({"url":")" + std::string("http://a/") + std::string(kLongestValue, 'x') +
                    R"(","headers_sealed":{"X":"sealed:v1:canary2"},"timeout_seconds":6})");
  const AuditValues values = audit_values(&before, &after, {"/url", "/headers/X", "/timeout_seconds", "/nothing"});
  CHECK(OrderedJson::parse(values.before) == OrderedJson({{"/url", "http://a/"}, {"/timeout_seconds", 5}}));
  CHECK(OrderedJson::parse(values.after) == OrderedJson({{"/timeout_seconds", 6}}));
  CHECK(values.omitted == Members{"/url"});

  for (const Entry* one : {&before, &after}) {
    const AuditValues made = audit_values(nullptr, one, {}), gone = audit_values(one, nullptr, {});
    CHECK(made.after == gone.before);
    CHECK(made.before.empty());
    CHECK(made.after.find("canary") == std::string::npos);
    CHECK(OrderedJson::parse(made.after).contains("/timeout_seconds"));
  }

  // Many members together: those that no longer fit are named.
  Entry source;
  source.kind = "sources";
  OrderedJson wide = {{"verify", {{"scheme", "none"}}}};
  for (const char* name : {"type_from", "id_from", "key_from", "subject_from"})
    wide[name] = "const:" + std::string(230, 'v');
  wide["forward_headers"] = {"X-" + std::string(60, 'a'), "X-" + std::string(60, 'b'), "X-" + std::string(60, 'c')};
  source.body = body(wide.dump());
  const AuditValues some = audit_values(nullptr, &source, {});
  CHECK(some.after.size() > 3 * 230);
  CHECK(some.omitted.size() == 1);

  after.body = body("[]");  // what cannot be read has none
  CHECK(audit_values(nullptr, &after, {}) == AuditValues{});
  CHECK(audit_values(nullptr, nullptr, {"/url"}) == AuditValues{});
}

TEST_CASE("Audit: it survives a snapshot and a trim, as far as each follower's limit goes") {
  FakeLog log;
  for (int i = 0; i < 30; ++i) log.append("chg_" + std::to_string(i), put_endpoint("e" + std::to_string(i % 7)));
  Replica writer(0);
  follow(writer, log);
  log.append_snapshot(writer.decider(), "snp_1", 29, 500);
  log.append("chg_30", put_endpoint("last"));
  Replica reader(0);
  follow(reader, log);
  log.trim(30);
  Replica late(30), small(30, 5);
  follow(late, log);
  follow(small, log);
  REQUIRE(late.has_state());
  CHECK(late.decider().audit().entries() == reader.decider().audit().entries());
  CHECK(late.decider().audit().entries().size() == 31);
  REQUIRE(small.decider().audit().entries().size() == 5);
  CHECK(small.decider().audit().entries().back().id == "last");
}

TEST_CASE("Audit: a snapshot of a version that knew of no trail is a whole one") {
  FakeLog log;
  for (int i = 0; i < 3; ++i) log.append("chg_" + std::to_string(i), put_endpoint("e" + std::to_string(i)));
  Replica writer(0, 0);  // keeps no trail, so its snapshot holds none
  follow(writer, log);
  log.append_snapshot(writer.decider(), "snp_1", 2, 500);
  for (const auto& record : log.records) CHECK(record->value.find("\"audit\"") == std::string::npos);
  log.trim(3);
  Replica late(3);
  follow(late, log);
  CHECK(late.has_state());
  CHECK(late.decider().audit().entries().empty());
}
