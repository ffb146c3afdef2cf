#include "certes/commands/explain_text.hpp"

#include <doctest/doctest.h>

using namespace certes;
using namespace certes::command;

namespace {

const UnixMillis kNow = parse_rfc3339("2026-01-31T08:00:10.000Z");

}  // namespace

TEST_CASE("certes events explain: what waits, for what, behind what, and by which subscription") {
  CHECK(explain_text(R"({"event":"evt_1","endpoint":"billing","type":"order.paid","kind":"event","state":"waiting",
"accepted_at":"2026-01-31T08:00:00.000Z","configuration":{"as_of":"2026-01-31T08:00:10.000Z","decision":"deliver",
"endpoint":{"state":"active","version":7,"newer_than_event":"changed"},"subscription":"s1","priority":"high",
"backoff_policy":{"from":"endpoint","id":"slow"},"considered":[
{"id":"s1","kind":"event","pattern":"order.#","priority":"high","takes":true},
{"id":"s2","kind":"event","pattern":"mail.#","priority":"low","takes":false,"excluded_by":"pattern","newer_than_event":"created"}],
"left_out":3},"deliveries":[{"state":"waiting","partition":0,"offset":4,"attempts":0,"answered_by":"w-1",
"waiting":{"waits_for":"rate","until":"2026-01-31T08:00:11.000Z","priority":"high","in":"memory",
"before":{"same_class":1024,"higher_classes":2,"more":true}}}],"indexed_until":null,"indexed_from":null})",
                     kNow) ==
        "event      evt_1, order.paid\n"
        "accepted   2026-01-31T08:00:00.000Z (10 s ago)\n"
        "endpoint   billing, active, changed after the event\n"
        "delivery   waiting\n"
        "waits for  its endpoint's rate, until 2026-01-31T08:00:11.000Z (in 1 s)\n"
        "before it  1024 or more of its class, 2 of higher classes\n"
        "priority   high, in memory\n"
        "configured the endpoint gets it; by s1 (as it is now)\n"
        "back-off   slow (endpoint)\n"
        "\n"
        "SUBSCRIPTION  KIND   PATTERN  PRIORITY  TAKES IT     NEWER\n"
        "s1            event  order.#  high      yes          -\n"
        "s2            event  mail.#   low       no: pattern  created after the event\n"
        "3 more\n");
}

TEST_CASE("certes events explain: what has ended, what never was, and words of a later release") {
  const std::string text = explain_text(
      R"({"event":"evt_1","endpoint":"x","type":"a.b","state":"none","accepted_at":"2026-01-31T08:00:00.000Z",
"configuration":{"decision":"no_endpoint","endpoint":null,"subscription":null,"considered":[]},
"deliveries":[{"state":"dead_lettered","attempts":2,"status":500,"rule":"schedule"},
{"state":"none","attempts":0,"replay":"rpl_1"},{"state":"waiting","attempts":0,"waiting":{"waits_for":"new_word"}}]})",
      kNow);
  CHECK(text.find("delivery   dead_lettered, 2 attempts, 500, schedule\n") != text.npos);
  CHECK(text.find("replay     rpl_1: it has no delivery\n") != text.npos);
  CHECK(text.find("waits for  new_word\n") != text.npos);
  CHECK(text.find("configured there is no such endpoint (as it is now)\n") != text.npos);
  CHECK(text.find("SUBSCRIPTION") == text.npos);
  CHECK(explain_text("7", kNow).empty());
}
