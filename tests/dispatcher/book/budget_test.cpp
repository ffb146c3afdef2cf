#include "dispatcher/book/budget.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace certes::dispatcher;

TEST_CASE("Budget: a charge counts for as long as it lives, in the whole too") {
  Budget whole;
  Budget part(&whole);
  {
    Charge charge(part, 10);
    CHECK(part.held() == 10);
    CHECK(whole.held() == 10);
    Charge taken = std::move(charge);
    CHECK(part.held() == 10);
    taken.grow(5);
    taken.shrink(1);
    CHECK(whole.held() == 14);
    taken = Charge(whole, 3);
    CHECK(part.held() == 0);
    CHECK(whole.held() == 3);
    taken.move_to(part);
    CHECK(part.held() == 3);
    CHECK(whole.held() == 3);
  }
  CHECK(part.held() == 0);
  CHECK(whole.held() == 0);
}

TEST_CASE("Budget: many of a fixed amount, in any order") {
  Budget budget;
  std::vector<FixedCharge<3>> charges;
  for (int i = 0; i < 100; ++i) charges.emplace_back(budget);
  CHECK(budget.held() == 300);
  charges[0] = std::move(charges[99]);
  CHECK(budget.held() == 297);
  charges.clear();
  CHECK(budget.held() == 0);
}
