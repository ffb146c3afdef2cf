#include "common/event/notice.hpp"

#include <doctest/doctest.h>

#include <set>

#include "common/event/json_schema.hpp"
#include "common/event/own_names.hpp"
#include "common/json/json.hpp"
#include "common/log/names.hpp"
#include "common/schema/schema.hpp"

using namespace certes;
using namespace certes::event;
namespace names = certes::log::names;

namespace {

constexpr UnixMillis kAt = 1'767'168'061'000;  // 2025-12-31T08:01:01Z

// Whether its data is what its type's schema says.
bool fits(NoticeKind kind, const std::string& data) {
  const auto schema = JsonSchema::make(notice_schema(kind));
  REQUIRE(schema);
  JsonDocument document;
  REQUIRE(document.parse(data));
  schema::Budget budget(schema::Budget::kOfRequest);
  std::vector<Violation> violations;
  return (*schema)->validate(document.root(), budget, 8, violations) == schema::Verdict::holds;
}

// With all that there may be.
Notice full(NoticeKind kind) {
  Notice notice{.kind = kind, .tenant = "acme"};
  notice.endpoint = "billing";
  notice.event = Notice::Of{"evt_1", "order.created", "urn:shop", "42"};
  notice.attempts = 3;
  notice.replays = 2;
  notice.rule = "max_attempts";
  notice.error = "500";
  notice.status = 500;
  notice.since = kAt;
  notice.partition = 7;
  notice.records = 1'000;
  if (kind == NoticeKind::delivery_dead_lettered || kind == NoticeKind::dead_letter_exhausted)
    notice.delivery = "dlv_1";
  if (kind == NoticeKind::filter_failing) notice.subscription = "orders";
  if (kind == NoticeKind::replay_failed) notice.job = "job_1";
  notice.done = 12;
  notice.left = 3;
  return notice;
}

log::StoredRecord order() {
  log::StoredRecord record;
  record.headers.add(names::kId, "evt_1");
  record.headers.add("ce_conversationid", "conv-7");
  record.headers.add("certes-hops", "3");
  return record;
}

}  // namespace

TEST_CASE("Notice: each kind has a type of its own, which nobody else may publish") {
  std::set<std::string_view> types;
  for (std::size_t i = 0; i < kNoticeKinds; ++i) {
    const auto type = type_of(notice_kind_at(i));
    CAPTURE(type);
    CHECK(valid_type(type));
    CHECK(is_own_type(type));
    CHECK(is_own_source(notice_source("acme")));
    types.insert(type);
  }
  CHECK(types.size() == kNoticeKinds);
  CHECK_FALSE(is_own_type("certesx.delivery"));
}

TEST_CASE("Notice: what is published fits its type's schema, and what lacks a member does not") {
  for (std::size_t i = 0; i < kNoticeKinds; ++i) {
    const NoticeKind kind = notice_kind_at(i);
    CAPTURE(type_of(kind));
    const std::string schema = notice_schema(kind);
    CHECK(schema::check_schema(schema));
    CHECK(json_or_null<nlohmann::json>(schema).dump() == schema);
    Notice notice = full(kind);
    if (kind == NoticeKind::source_failing || kind == NoticeKind::ingest_rejected ||
        kind == NoticeKind::loop_detected) {
      notice.endpoint = {};
      notice.source = "shop";
    }
    CHECK(fits(kind, notice_event(notice, "once", "evt_9", kAt).data));
    CHECK_FALSE(fits(kind, R"({"tenant":"acme"})"));
    CHECK_FALSE(fits(kind, "[]"));
  }
}

TEST_CASE("Notice: what it says of an endpoint, and by what it is known again") {
  Notice notice{.kind = NoticeKind::endpoint_failing, .tenant = "acme"};
  notice.endpoint = "billing";
  notice.error = "timeout: no answer within 15 s";
  notice.since = kAt;
  const Event made = notice_event(notice, notice_span(kAt + 60'000), "evt_9", kAt + 60'000);
  CHECK(made.id == "evt_9");
  CHECK(made.client_id == "certes.endpoint.failing/billing/2025-12-31T08:00:00.000Z");
  CHECK(made.client_gave_id);
  CHECK(made.tenant == "acme");
  CHECK(made.source == "urn:certes:acme/notices");
  CHECK(made.subject == "billing");
  CHECK(made.partition_key == "billing");
  CHECK(made.kind == "event");
  CHECK(made.data == R"({"tenant":"acme","endpoint":"billing","error":"timeout: no answer within 15 s",)"
                     R"("since":"2025-12-31T08:01:01.000Z","url":"/api/v1/endpoints/billing"})");
}

TEST_CASE("Notice: the ten minutes it is in have one text, and the next ones another") {
  CHECK(notice_span(kAt) == "2025-12-31T08:00:00.000Z");
  CHECK(notice_span(1'767'168'000'000) == "2025-12-31T08:00:00.000Z");
  CHECK(notice_span(1'767'168'599'999) == "2025-12-31T08:00:00.000Z");
  CHECK(notice_span(1'767'168'600'000) == "2025-12-31T08:10:00.000Z");
}

TEST_CASE("Notice: one about a delivery has the delivery's id, and the event's cause, conversation and hops") {
  const auto record = delivery_notice_record(full(NoticeKind::delivery_dead_lettered), order(), "evt_9", kAt);
  CHECK(record.headers.get("ce_id") == "certes.delivery.dead_lettered/dlv_1");
  CHECK(record.identity == identity("acme", "urn:certes:acme/notices", "certes.delivery.dead_lettered/dlv_1"));
  CHECK(record.headers.get(names::kClientId) == "1");
  CHECK(record.headers.get("ce_subject") == "billing");
  CHECK(record.headers.get("ce_causeid") == "evt_1");
  CHECK(record.headers.get("ce_conversationid") == "conv-7");
  CHECK(record.headers.get("certes-hops") == "3");
  CHECK_FALSE(record.key);
  CHECK(record.value.find(R"("url":"/api/v1/dead-letters/dlv_1")") != std::string::npos);
  CHECK(record.value.find(R"("event":{"id":"evt_1","type":"order.created","source":"urn:shop","subject":"42"})") !=
        std::string::npos);
}

TEST_CASE("Notice: texts of others are bounded, and come out as JSON whatever they hold") {
  Notice notice = full(NoticeKind::delivery_dead_lettered);
  const std::string text = "\xff\"\n" + std::string(10'000, 'x');
  notice.error = text;
  const auto record = delivery_notice_record(notice, order(), "evt_9", kAt);
  CHECK(record.value.size() < 2'000);
  CHECK(fits(notice.kind, std::string(record.value)));
}
