// Who gives way when too much is unfinished, and the buffer that is counted.

#include "common/http/server/unfinished.hpp"

#include <doctest/doctest.h>

#include <string>

#include "common/http/server/input.hpp"

using namespace certes;
using namespace certes::http;

namespace {

SteadyTime at(int seconds) { return SteadyTime(std::chrono::seconds(seconds)); }

}  // namespace

TEST_CASE("UnfinishedList: the oldest is the one that has not moved for longest") {
  UnfinishedBudget budget(100, 1);
  UnfinishedList list(budget, 0);
  UnfinishedList::Holder a, b, c;
  list.set(a, 10, true, at(1));
  list.set(b, 20, true, at(2));
  list.set(c, 30, true, at(3));
  CHECK(list.oldest() == &a);
  list.set(a, 15, true, at(4));
  CHECK(list.oldest() == &b);
  list.set(b, 25, false, at(5));  // it holds more, but did not move
  CHECK(list.oldest() == &b);
  list.set(c, 0, false, at(6));
  list.set(b, 0, true, at(6));
  CHECK(list.oldest() == &a);
  CHECK(budget.held() == 15);
  list.set(a, 0, false, at(7));
  list.set(a, 0, true, at(8));
  CHECK(list.oldest() == nullptr);
  CHECK(budget.held() == 0);
}

TEST_CASE("UnfinishedBudget: one limit for all loops, and the loop of the oldest") {
  UnfinishedBudget budget(80, 3);
  UnfinishedList first(budget, 0), second(budget, 1), third(budget, 2);
  UnfinishedList::Holder a, b, c;
  second.set(b, 40, true, at(2));
  CHECK(budget.loop_of_oldest() == 1);
  first.set(a, 40, true, at(3));
  CHECK_FALSE(budget.exceeded());
  third.set(c, 1, true, at(1));
  CHECK(budget.exceeded());
  CHECK_FALSE(budget.far_exceeded());
  CHECK(budget.loop_of_oldest() == 2);
  third.set(c, 0, false, at(4));
  CHECK(budget.loop_of_oldest() == 1);
  third.set(c, 11, true, at(4));
  CHECK(budget.far_exceeded());
}

TEST_CASE("Input: grows no larger than it is told, and lets go of room that it does not need") {
  Input input;
  const std::string bytes(100'000, 'x');
  input.append(bytes.data(), bytes.size());
  input.reserve_room(1, 100'010);
  CHECK(input.capacity() == 100'010);
  input.reserve_room(20'000);
  CHECK(input.capacity() == 200'020);
  input.drop_front(99'999);
  CHECK(input.size() == 1);
  CHECK(input.capacity() == 1);
  input.drop_front(1);
  CHECK(input.capacity() == 0);
}
