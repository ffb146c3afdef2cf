#include "common/event/own_names.hpp"

#include <doctest/doctest.h>

using namespace certes::event;

TEST_CASE("Own names: a type is Certes' own by its first word") {
  for (const char* own : {"certes", "certes.x", "certes.delivery.dead_lettered"}) {
    CAPTURE(std::string(own));
    const auto refused = check_not_own(own, "/shop", {"/type", "/source"});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().pointer == "/type");
  }
  for (const char* other : {"certes-x", "certesx.y", "x.certes", "Certes.x", "order"})
    CHECK(check_not_own(other, "/shop", {"/type", "/source"}));
}
