#include "common/base/phases.hpp"

#include <doctest/doctest.h>

using namespace certes;

TEST_CASE("Phases: what there was none of is a dash, and comes back as it was written") {
  const Phases all{120, 3'400, 0, 91'234};
  CHECK(all.text() == "120,3400,0,91234");
  CHECK(Phases::parse(all.text()) == all);
  const Phases kept{{}, {}, {}, 91'234};
  CHECK(kept.text() == "-,-,-,91234");
  CHECK(Phases::parse(kept.text()) == kept);
  CHECK(kept.any());
  CHECK_FALSE(Phases{}.any());
  CHECK(Phases::parse("-,-,-,-") == Phases{});
}

TEST_CASE("Phases: what has another form is none") {
  for (const char* text : {"", "-", "1,2,3", "1,2,3,4,5", "1,2,3,", ",,,", "1,2,3,x", "1,2,3,-1", "1, 2,3,4",
                           "1,2,3,4294967296", "01,2,3,4"})
    CHECK_MESSAGE(!Phases::parse(text), text);
}
