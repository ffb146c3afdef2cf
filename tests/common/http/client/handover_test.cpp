#include "common/http/client/handover.hpp"

#include <doctest/doctest.h>

using namespace certes::http;

TEST_CASE("Handover: is busy while as many are not begun, and wakes who asked once half of them are") {
  int woken = 0;
  Handover handover(4, [&] { ++woken; });
  for (int i = 0; i < 3; ++i) handover.given();
  CHECK_FALSE(handover.is_busy());
  handover.begun(3);
  CHECK(woken == 0);  // nobody waits
  for (int i = 0; i < 6; ++i) handover.given();
  CHECK(handover.is_busy());
  handover.begun(3);
  CHECK(woken == 0);
  CHECK_FALSE(handover.is_busy());
  handover.given();
  CHECK(handover.is_busy());
  handover.begun(2);
  CHECK(woken == 1);
  handover.begun(2);
  CHECK(woken == 1);  // once
}
