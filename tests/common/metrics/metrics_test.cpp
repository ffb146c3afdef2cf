#include "common/metrics/metrics.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <ctime>
#include <string>
#include <thread>
#include <vector>

#include "common/metrics/process_metrics.hpp"

using certes::metrics::Metrics;

namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("Metrics: a counter is shown with its type, help and labels") {
  Metrics metrics;
  auto counter = metrics.counter("certes_things_total", "Things seen.", {{"kind", "event"}});
  counter.add();
  counter.add(2);
  const std::string text = metrics.text();
  CHECK(has_line(text, "# HELP certes_things_total Things seen."));
  CHECK(has_line(text, "# TYPE certes_things_total counter"));
  CHECK(has_line(text, "certes_things_total{kind=\"event\"} 3"));
}

TEST_CASE("Metrics: the same name and labels are the same metric") {
  Metrics metrics;
  metrics.counter("certes_a_total", "A.", {{"x", "1"}, {"y", "2"}}).add();
  metrics.counter("certes_a_total", "A.", {{"y", "2"}, {"x", "1"}}).add();
  metrics.counter("certes_a_total", "A.", {{"x", "2"}}).add(5);
  const std::string text = metrics.text();
  CHECK(has_line(text, "certes_a_total{x=\"1\",y=\"2\"} 2"));
  CHECK(has_line(text, "certes_a_total{x=\"2\"} 5"));
}

TEST_CASE("Metrics: a gauge is set and moved") {
  Metrics metrics;
  auto gauge = metrics.gauge("certes_waiting", "Waiting.");
  gauge.set(7);
  gauge.add(-2);
  CHECK(has_line(metrics.text(), "certes_waiting 5"));
}

TEST_CASE("Metrics: a histogram counts into latency buckets or the given ones") {
  Metrics metrics;
  metrics.histogram("certes_latency_seconds", "Latency.").observe(0.0009);
  metrics.histogram("certes_size", "Size.", {}, {1, 10}).observe(5);
  const std::string text = metrics.text();
  CHECK(has_line(text, "certes_latency_seconds_bucket{le=\"0.0005\"} 0"));
  CHECK(has_line(text, "certes_latency_seconds_bucket{le=\"0.001\"} 1"));
  CHECK(has_line(text, "certes_latency_seconds_bucket{le=\"60\"} 1"));
  CHECK(has_line(text, "certes_latency_seconds_count 1"));
  CHECK(has_line(text, "certes_size_bucket{le=\"10\"} 1"));
}

TEST_CASE("Metrics: what is removed is shown no more, and may come again") {
  Metrics metrics;
  metrics.gauge("certes_breaker_open", "Open.", {{"endpoint", "a"}}).set(1);
  metrics.gauge("certes_breaker_open", "Open.", {{"endpoint", "b"}}).set(1);
  metrics.remove("certes_breaker_open", {{"endpoint", "a"}});
  metrics.remove("certes_breaker_open", {{"endpoint", "never"}});
  metrics.remove("certes_never", {});
  CHECK_FALSE(has_line(metrics.text(), "certes_breaker_open{endpoint=\"a\"} 1"));
  CHECK(has_line(metrics.text(), "certes_breaker_open{endpoint=\"b\"} 1"));
  metrics.gauge("certes_breaker_open", "Open.", {{"endpoint", "a"}}).set(3);
  CHECK(has_line(metrics.text(), "certes_breaker_open{endpoint=\"a\"} 3"));
}

TEST_CASE("Metrics: collectors run before each exposition") {
  Metrics metrics;
  int scrapes = 0;
  metrics.on_scrape([&, gauge = metrics.gauge("certes_scrapes", "Scrapes.")]() mutable { gauge.set(++scrapes); });
  CHECK(has_line(metrics.text(), "certes_scrapes 1"));
  CHECK(has_line(metrics.text(), "certes_scrapes 2"));
}

TEST_CASE("Metrics: a default handle counts nothing") {
  certes::metrics::Counter counter;
  certes::metrics::Gauge gauge;
  certes::metrics::Histogram histogram;
  counter.add();
  gauge.set(1);
  histogram.observe(1);
}

TEST_CASE("Metrics: threads count without losing any") {
  Metrics metrics;
  const auto count = [&metrics] {
    auto counter = metrics.counter("certes_shared_total", "Shared.");
    for (int i = 0; i < 10'000; ++i) counter.add();
  };
  std::thread one(count), two(count);
  one.join();
  two.join();
  CHECK(has_line(metrics.text(), "certes_shared_total 20000"));
}

TEST_CASE("Metrics: a process shows what the system knows of it, measured at each exposition") {
  Metrics metrics;
  certes::metrics::add_process_metrics(metrics);
  const auto value = [](const std::string& text, const std::string& name) {
    const auto at = text.find("\n" + name + " ");
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + name.size() + 2));
  };
  const std::string before = metrics.text();
  CHECK(value(before, "process_resident_memory_bytes") > 100'000);
  CHECK(value(before, "process_virtual_memory_bytes") >= value(before, "process_resident_memory_bytes"));
  CHECK(value(before, "process_max_fds") > value(before, "process_open_fds"));
  const auto now = static_cast<double>(std::time(nullptr));
  CHECK(value(before, "process_start_time_seconds") <= now + 1);
  CHECK(value(before, "process_start_time_seconds") > now - 86'400);
  const double descriptors = value(before, "process_open_fds");
  const double threads = value(before, "process_threads");
  const int pipe_ends[] = {::dup(0), ::dup(0)};
  const std::vector<char> memory(64u << 20, 'x');
  std::string with;
  std::thread([&] { with = metrics.text(); }).join();
  CHECK(value(with, "process_open_fds") == descriptors + 2);
  CHECK(value(with, "process_threads") == threads + 1);
  CHECK(value(with, "process_resident_memory_bytes") > value(before, "process_resident_memory_bytes") + (32u << 20));
  CHECK(value(with, "process_cpu_seconds_total") > value(before, "process_cpu_seconds_total"));
  for (const int end : pipe_ends) ::close(end);
}
