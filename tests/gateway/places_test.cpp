#include "gateway/places.hpp"

#include <doctest/doctest.h>

using certes::gateway::Places;
using certes::metrics::Metrics;

namespace {

bool shows(const Metrics& metrics, const std::string& line) {
  return metrics.text().find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("Places: so many are inside at once, and the gauge counts them") {
  Metrics metrics;
  Places places(2, metrics.gauge("certes_inside", "Inside."));
  Places::Place first = places.enter();
  const Places::Place second = places.enter();
  CHECK(first);
  CHECK(second);
  CHECK_FALSE(places.enter());
  CHECK(shows(metrics, "certes_inside 2"));

  first.reset();
  CHECK(shows(metrics, "certes_inside 1"));
  const Places::Place third = places.enter();
  CHECK(third);
  CHECK_FALSE(places.enter());
  CHECK(shows(metrics, "certes_inside 2"));
}

TEST_CASE("Places: where there are none, nobody enters") {
  Metrics metrics;
  Places places(0, metrics.gauge("certes_inside", "Inside."));
  CHECK_FALSE(places.enter());
  CHECK(shows(metrics, "certes_inside 0"));
}
