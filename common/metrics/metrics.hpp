#pragma once
// Metrics over prometheus-cpp: resolved once, then counted without a lock. Who: every role. Any thread.

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace certes::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(double n = 1);
  explicit Counter(void* impl = nullptr) : impl_(impl) {}

 private:
  void* impl_;  // prometheus::Counter; owned by the Metrics
};
class Gauge {
 public:
  void set(double value);
  void add(double n = 1);
  explicit Gauge(void* impl = nullptr) : impl_(impl) {}

 private:
  void* impl_;
};
class Histogram {
 public:
  void observe(double seconds);
  explicit Histogram(void* impl = nullptr) : impl_(impl) {}

 private:
  void* impl_;
};

class Metrics {
 public:
  Metrics();
  ~Metrics();
  // The same name and labels give the same metric; a handle is cheap to copy and lives as long as the Metrics.
  Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  // Buckets for latencies from 100 µs to 60 s unless given.
  Histogram histogram(std::string_view name, std::string_view help, const Labels& labels = {},
                      const std::vector<double>& buckets = {});
  // Forgets a gauge or counter of a thing that is gone (an endpoint). Its handles must not be used any more.
  void remove(std::string_view name, const Labels& labels);
  // Called before each exposition, to set gauges from live state.
  void on_scrape(std::function<void()> collect);
  std::string text() const;  // Prometheus text format 0.0.4

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes::metrics
