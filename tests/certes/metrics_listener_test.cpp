#include "certes/metrics_listener.hpp"

#include <doctest/doctest.h>
#include <httplib.h>

#include <atomic>

using namespace certes;

TEST_CASE("Metrics listener: what is measured when somebody looks is measured before it is written") {
  metrics::Metrics metrics;
  auto lag = metrics.gauge("certes_dispatcher_unread_records", "as measured");
  std::atomic<int> measured = 0;
  MetricsListener listener(
      "127.0.0.1:0", metrics, [] { return std::nullopt; }, [&] { lag.set(++measured); });
  REQUIRE(listener.start());
  httplib::Client client("http://" + listener.address());
  for (const char* expected : {"certes_dispatcher_unread_records 1\n", "certes_dispatcher_unread_records 2\n"}) {
    const auto answer = client.Get("/metrics");
    REQUIRE(answer);
    CHECK(answer->status == 200);
    CHECK(answer->body.find(expected) != std::string::npos);
  }
  CHECK(client.Get("/health/ready")->status == 200);
  CHECK(measured == 2);
}
