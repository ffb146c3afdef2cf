#include "certes/commands/event_text.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::command;

namespace {

const UnixMillis kNow = parse_rfc3339("2026-01-31T08:00:10.000Z");

constexpr const char* kEvent = R"({"id":"evt_1","type":"order.created","source":"/shop","source_id":"7","kind":"event",
"state":"open","accepted_at":"2026-01-31T08:00:00.000Z","conversation_id":"evt_1","content_type":"application/json",
"bytes":8,"partition":0,"offset":4,"headers":{"x-shop":"a\nb"},"deliveries":[
{"delivery":"dlv_1","endpoint":"billing","state":"retrying","attempts":1,"status":500,"error":"500",
 "last_at":"2026-01-31T08:00:01.000Z","retry_at":"2026-01-31T08:00:15.000Z"}],
"data":{"n": 1},"indexed_until":"2026-01-31T08:00:09.500Z"})";

constexpr const char* kAttempts = R"([{"endpoint":"billing","delivery":"dlv_1","attempt":1,
"at":"2026-01-31T08:00:01.000Z","outcome":"retry","status":500,"error":"500","duration_ms":12.3,"answer":"no\nway","address":"10.0.0.7:443",
"timings_ms":{"connect":2.0,"first_byte":9.5},"retry_at":"2026-01-31T08:00:15.000Z","retry_by":"retry_after",
"backoff_policy":"slow","breaker_open":true}])";

}  // namespace

TEST_CASE("certes events show: a whole life, with ages beside times") {
  CHECK(
      event_text(kEvent, kAttempts, kNow) ==
      "event         evt_1\n"
      "state         open\n"
      "accepted      2026-01-31T08:00:00.000Z (10 s ago)\n"
      "type          order.created\n"
      "source        /shop\n"
      "source id     7\n"
      "conversation  evt_1\n"
      "headers       x-shop: a\n"
      "              b\n"
      "payload       8 bytes, application/json\n"
      "              {\"n\":1}\n"
      "indexed until 2026-01-31T08:00:09.500Z (0.5 s ago)\n"
      "\n"
      "ENDPOINT  STATE     TRIES  STATUS  LAST                                NEXT                               WHY\n"
      "billing   retrying  1      500     2026-01-31T08:00:01.000Z (9 s ago)  2026-01-31T08:00:15.000Z (in 5 s)  500\n"
      "\n"
      "AT                                  ENDPOINT  TRY  OUTCOME  STATUS  TOOK     "
      "REQUEST                                            "
      "NEXT                                                                  WHY\n"
      "2026-01-31T08:00:01.000Z (9 s ago)  billing   1    retry    500     0.012 s  "
      "10.0.0.7:443, connect 0.002 s, first byte 0.009 s  "
      "2026-01-31T08:00:15.000Z (in 5 s), by retry_after slow, breaker open  500: no\\u000away\n");
}

TEST_CASE("certes events show: of what was not tried, or has no payload, it says so") {
  const std::string text =
      event_text(R"({"id":"evt_1","state":"accepted","deliveries":[],"payload_gone":true})", "[]", kNow);
  CHECK(text.find("no delivery has been tried") != std::string::npos);
  CHECK(text.find("is on the log no more") != std::string::npos);
  CHECK(event_text("[]", "[]", kNow).empty());
  CHECK(event_text("", "", kNow).empty());
}

TEST_CASE("certes events show: long payloads are cut, and of many attempts the last are shown") {
  const std::string text =
      event_text(R"({"id":"evt_1","deliveries":[],"text":")" + std::string(5'000, 'x') + R"("})", "[]", kNow);
  CHECK(text.size() < 2'000);
  std::string many = "[";
  for (int i = 1; i <= 30; ++i)
    many += (i == 1 ? "" : ",") + std::string(R"({"endpoint":"e","attempt":)") + std::to_string(i) + "}";
  const std::string shown = attempt_table(many + "]", 20, kNow);
  CHECK(shown.find("-   e         10 ") == std::string::npos);
  CHECK(shown.find("10 before these") != std::string::npos);
  CHECK(attempt_table(many + "]", 100, kNow).find("before these") == std::string::npos);
}

TEST_CASE("certes events list: a line for each") {
  CHECK(event_table("[" + std::string(kEvent) + "]", kNow) ==
        "ID     ACCEPTED                             STATE  TYPE           SOURCE\n"
        "evt_1  2026-01-31T08:00:00.000Z (10 s ago)  open   order.created  /shop\n");
  CHECK(event_table("[]", kNow) == "ID  ACCEPTED  STATE  TYPE  SOURCE\n");
}
