#pragma once
// One look at an installation, as GET /overview answers it, and what has come between two: in a second, and how long it
// took. Who: certes top. Pure.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"

namespace certes::command {

// What is counted of a process, and shown in a second.
enum class TopCount : std::uint8_t {
  accepted,
  duplicates,
  refused,
  unmatched,
  delivered,
  dead_lettered,
  cancelled,
  attempts,
  failed
};
inline constexpr std::size_t kTopCounts = 9;
enum class TopDuration : std::uint8_t { append, attempt, age };
inline constexpr std::size_t kTopDurations = 3;
std::string_view to_string(TopCount count);
std::string_view to_string(TopDuration duration);

struct TopCounters {
  std::array<std::uint64_t, kTopCounts> counts{};
  std::array<std::vector<std::uint64_t>, kTopDurations> durations;  // by bucket
};

struct TopProcess {
  std::string name;
  UnixMillis started = 0;
  TopCounters counters;
  bool log_away = false, reading_stopped = false;
};

struct TopClass {
  std::string name;
  std::uint64_t memory = 0, log = 0, retry = 0;
  std::optional<double> oldest_seconds;
  std::uint64_t waiting() const { return memory + log + retry; }
};

struct TopEndpoint {
  std::string tenant, id, standing, error;
  std::uint64_t waiting = 0, retrying = 0, in_flight = 0;
  std::optional<double> oldest_seconds, failing_seconds;
  std::uint64_t delivered = 0, failed = 0;  // attempts, since dispatchers know it
};

struct TopLook {
  UnixMillis at = 0;
  std::string tenant;
  std::vector<double> bounds;  // of buckets, in seconds
  std::vector<TopProcess> processes;
  std::vector<std::string> missing;
  std::vector<TopClass> classes;
  std::vector<TopEndpoint> endpoints;
  std::uint64_t open = 0, failing = 0, in_flight = 0;
  std::int64_t covered = 0, partitions = 0;
};

// Nothing: it is no such answer.
std::optional<TopLook> top_look_of(std::string_view body);

struct TopRates {
  double seconds = 0;  // between the two; 0: nothing is known
  std::array<double, kTopCounts> counts{};
  struct Quantiles {
    std::optional<double> p50, p99;  // seconds; none: nothing came
  };
  std::array<Quantiles, kTopDurations> durations;
  struct Endpoint {
    double delivered = 0, failed = 0;
  };
  std::map<std::string, Endpoint> endpoints;  // by "tenant/id"
};

// Of the processes that are in both. One that was started since the first is in it whole; of one that is in the first
// alone nothing is known.
TopRates rates_between(const TopLook& before, const TopLook& now);
// How long that part of them took, at most: as their buckets tell.
std::optional<double> quantile(const std::vector<std::uint64_t>& counts, const std::vector<double>& bounds,
                               double part);

}  // namespace certes::command
