#include "gateway/stream/interest.hpp"

#include <doctest/doctest.h>

#include "common/log/names.hpp"

using namespace certes;
using namespace certes::gateway::stream;

namespace {

log::StoredRecord record(std::initializer_list<std::pair<std::string_view, std::string_view>> headers) {
  log::StoredRecord record;
  for (const auto& [name, value] : headers) record.headers.add(name, value);
  return record;
}

}  // namespace

TEST_CASE("Interest: kinds and pattern as a query names them") {
  const auto all = make_interest("t", "", "");
  REQUIRE(all);
  CHECK(all->pattern == "#");
  CHECK((all->has(Kind::event) && all->has(Kind::command) && all->has(Kind::result)));
  CHECK_FALSE(all->has(Kind::log));
  const auto some = make_interest("t", "log,command", "a.*");
  REQUIRE(some);
  CHECK((some->has(Kind::log) && some->has(Kind::command)));
  CHECK_FALSE(some->has(Kind::event));
  CHECK(some->pattern == "a.*");
  CHECK(make_interest("t", "log", "")->of_events() == false);
  CHECK_FALSE(some->headers);
  CHECK_FALSE(make_interest("t", "", "", "false")->headers);
  CHECK(make_interest("t", "", "", "true")->headers);
  CHECK(make_interest("t", "", "", "yes").error().pointer == "headers");
}

TEST_CASE("Interest: an unknown kind or a bad pattern is refused by the parameter's name") {
  for (const char* kinds : {"events", "event,,log", "event, log", ","}) {
    CAPTURE(kinds);
    const auto made = make_interest("t", kinds, "");
    REQUIRE_FALSE(made);
    CHECK(made.error().pointer == "kind");
  }
  for (const char* pattern : {"a..b", ".", "a.b*", "ü"}) {
    CAPTURE(pattern);
    const auto made = make_interest("t", "", pattern);
    REQUIRE_FALSE(made);
    CHECK(made.error().pointer == "pattern");
  }
}

TEST_CASE("Interest: a record is shown to its tenant, by kind and pattern") {
  const auto seen = record({{"ce_specversion", "1.0"},
                            {"ce_type", "order.created"},
                            {log::names::kTenant, "acme"},
                            {log::names::kKind, "command"}});
  const auto sight = sight_of(seen);
  REQUIRE(sight);
  CHECK(takes(*make_interest("acme", "command", "order.#"), *sight));
  CHECK(takes(*make_interest("acme", "", "#"), *sight));
  CHECK_FALSE(takes(*make_interest("default", "command", "#"), *sight));
  CHECK_FALSE(takes(*make_interest("acme", "event,result", "#"), *sight));
  CHECK_FALSE(takes(*make_interest("acme", "command", "billing.#"), *sight));
}

TEST_CASE(
    "Interest: a foreign record is an event of the default tenant; replays and what is no CloudEvent are not shown") {
  const auto foreign = sight_of(record({{"ce_specversion", "1.0"}, {"ce_type", "a"}}));
  REQUIRE(foreign);
  CHECK(foreign->tenant == "default");
  CHECK(foreign->kind == Kind::event);
  CHECK_FALSE(sight_of(record({{"ce_specversion", "1.0"}, {"ce_type", "a"}, {log::names::kReplay, "r"}})));
  CHECK_FALSE(sight_of(record({{"ce_specversion", "1.0"}, {"ce_type", "a"}, {log::names::kKind, "log"}})));
  CHECK_FALSE(sight_of(record({{"ce_specversion", "1.0"}, {"ce_type", "a..b"}})));
  CHECK_FALSE(sight_of(record({{"ce_type", "a"}})));
}
