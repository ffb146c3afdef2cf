#include "common/event/pattern.hpp"

#include <doctest/doctest.h>

using certes::event::matches;
using certes::event::overlap;

TEST_CASE("Pattern: matches words, one word by * and any number by #") {
  CHECK(matches("order.created", "order.created"));
  CHECK_FALSE(matches("order.created", "order.paid"));
  CHECK_FALSE(matches("order", "order.created"));
  CHECK(matches("order.*", "order.created"));
  CHECK_FALSE(matches("order.*", "order"));
  CHECK_FALSE(matches("order.*", "order.line.added"));
  CHECK(matches("order.#", "order"));
  CHECK(matches("order.#", "order.line.added"));
  CHECK(matches("#", "a"));
  CHECK(matches("#.added", "order.line.added"));
  CHECK(matches("a.#.b.#.c", "a.x.b.b.c"));
  CHECK_FALSE(matches("a.#.b.#.c", "a.x.c.b"));
}

TEST_CASE("Pattern: Certes' own types need its word spelt out") {
  CHECK_FALSE(matches("#", "certes.delivery.dead_lettered"));
  CHECK_FALSE(matches("*.delivery.#", "certes.delivery.dead_lettered"));
  CHECK(matches("certes.#", "certes.delivery.dead_lettered"));
}

TEST_CASE("Pattern: many wildcards are matched in little time") {
  std::string pattern = "#", type = "a";
  for (int i = 0; i < 60; ++i) pattern += ".a.#", type += ".a.a";
  CHECK(matches(pattern, type));
  CHECK_FALSE(matches(pattern + ".b", type));
}

TEST_CASE("Pattern: two overlap where a type can match both") {
  struct {
    const char *a, *b;
    bool both;
  } const rows[] = {
      {"Billing.Charge", "Billing.Charge", true},
      {"Billing.Charge", "Billing.Refund", false},
      {"Billing.Charge", "Billing.*", true},
      {"Billing.*", "Billing.*.*", false},
      {"Billing.#", "Billing", true},
      {"Billing.#", "Shipping.#", false},
      {"*.Charge", "Billing.*", true},
      {"*.Charge", "Billing.Refund", false},
      {"#.Charge", "Billing.#", true},
      {"#", "Anything.At.All", true},
      {"a.#.z", "a.*", true},
      {"a.#.z", "a.b", false},
      {"a.*.z", "a.#.y", false},
      {"#.a", "a.#", true},
  };
  for (const auto& row : rows) {
    CAPTURE(row.a);
    CAPTURE(row.b);
    CHECK(overlap(row.a, row.b) == row.both);
    CHECK(overlap(row.b, row.a) == row.both);
  }
}
