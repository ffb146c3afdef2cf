#include "certes/registry_watch.hpp"

#include <doctest/doctest.h>

using namespace certes;

TEST_CASE("Registry watch: what is not understood is told of once, and again when it has changed") {
  registry::State state;
  Told told;
  CHECK(lines_about(state, told).empty());
  auto source = std::make_shared<registry::Unusable>();
  source->version = 1;
  source->reason = "/verify/scheme is later's";
  state.unusable.set("default/sources/shop", source);
  state.not_understood.set("default/endpoints/e", {"/concurrency", "/retry_on"});
  const auto lines = lines_about(state, told);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("default/sources/shop is kept") != std::string::npos);
  CHECK(lines[0].find("/verify/scheme is later's") != std::string::npos);
  CHECK(lines[1].find("default/endpoints/e") != std::string::npos);
  CHECK(lines[1].find("/concurrency /retry_on") != std::string::npos);
  CHECK(lines_about(state, told).empty());
  auto changed = std::make_shared<registry::Unusable>(*source);
  changed->version = 2;
  state.unusable.set("default/sources/shop", changed);
  CHECK(lines_about(state, told).size() == 1);
  state.unusable.clear();
  CHECK(lines_about(state, told).empty());
  state.unusable.set("default/sources/shop", changed);
  CHECK(lines_about(state, told).size() == 1);
}
