// certes-bench-pick sqlite DIRECTORY | kafka BROKERS [RECORDS]: fills one partition with events of 1 KB and picks them
// again: points far apart, windows, and every hundredth. A line for each: what, how many a second. The page cache is
// warm.

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "common/base/wake_signal.hpp"
#include "common/log/kafka/kafka_log.hpp"
#include "common/log/sqlite/sqlite_log.hpp"

namespace certes {
namespace {

using log::OffsetRange;
using log::Topic;

constexpr std::size_t kBytes = 1'024;
constexpr Millis kWait{1'000};

std::unique_ptr<log::Log> open(const std::string& engine, const std::string& where, const Clock& clock) {
  Result<std::unique_ptr<log::Log>> opened = fail(Code::invalid, "sqlite or kafka");
  if (engine == "sqlite") {
    log::sqlite::Options options;
    options.directory = where;
    options.reserve_bytes = 0;
    opened = log::sqlite::open(std::move(options), clock);
  } else if (engine == "kafka") {
    log::kafka::Options options;
    options.kafka.brokers = where;
    options.kafka.prefix = "bench-pick-" + std::to_string(::getpid()) + ".";
    options.kafka.partitions = 1;
    opened = log::kafka::open(std::move(options), clock);
  }
  if (!opened) throw std::runtime_error(opened.error().message);
  if (auto prepared = (*opened)->prepare(); !prepared) throw std::runtime_error(prepared.error().message);
  return std::move(*opened);
}

void fill(log::Log& log, std::int64_t records) {
  WakeSignal signal;
  const auto appender = log.appender({.deadline = Millis{0}, .ordered = true}, [&] { signal.wake(); });
  for (std::int64_t taken = 0; taken < records;) {
    log::Record record;
    record.headers.add("certes-id", "evt_" + std::to_string(taken));
    record.value.assign(kBytes, 'x');
    if (appender->append(Topic::events, 0, std::move(record), [](log::AppendResult&&) {})) {
      ++taken;
      continue;
    }
    appender->flush();
    signal.wait(kWait);
    appender->poll();
  }
  appender->flush();
  for (; appender->pending() > 0; appender->poll()) signal.wait(kWait);
}

// Records of the runs, one run after the other.
std::int64_t pick(log::Picker& picker, WakeSignal& signal, const std::vector<std::vector<OffsetRange>>& runs) {
  std::int64_t records = 0;
  std::vector<log::Picked> results;
  for (std::vector<OffsetRange> wanted : runs) {
    while (!wanted.empty()) {
      log::PickRun run;
      run.wanted = wanted;
      run.max_time = Millis{0};
      if (auto asked = picker.ask(std::move(run)); !asked) throw std::runtime_error(asked.error().message);
      for (bool ended = false; !ended;) {
        results.clear();
        if (picker.poll(1'000, results) == 0) signal.wait(kWait);
        for (const log::Picked& each : results) {
          if (each.fate == log::PickFate::record) ++records;
          ended = each.fate == log::PickFate::done || each.fate == log::PickFate::again;
          if (!ended) continue;
          if (each.error) throw std::runtime_error(each.error->message);
          for (OffsetRange& range : wanted) range.start = std::max(range.start, each.offset);
          std::erase_if(wanted, [](const OffsetRange& range) { return range.start >= range.end; });
        }
      }
    }
  }
  return records;
}

// `count` runs, each of `wanted` ranges of `size` offsets, `step` apart.
std::vector<std::vector<OffsetRange>> runs_of(int count, int wanted, std::int64_t size, std::int64_t step) {
  std::vector<std::vector<OffsetRange>> runs;
  std::int64_t at = 0;
  for (int i = 0; i < count; ++i) {
    auto& run = runs.emplace_back();
    for (int w = 0; w < wanted; ++w, at += step) run.push_back({at, at + size});
  }
  return runs;
}

void measure(log::Log& log, const char* what, const std::vector<std::vector<OffsetRange>>& runs) {
  WakeSignal signal;
  const auto picker = log.picker([&] { signal.wake(); });
  pick(*picker, signal, {{{0, 1}}});
  const auto begun = std::chrono::steady_clock::now();
  const std::int64_t records = pick(*picker, signal, runs);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::printf("%-44s %10.0f records/s %10.0f runs/s\n", what, static_cast<double>(records) / took.count(),
              static_cast<double>(runs.size()) / took.count());
  std::fflush(stdout);
}

void bench(const std::string& engine, const std::string& where, int records) {
  const SystemClock clock;
  const auto log = open(engine, where, clock);
  fill(*log, records);
  const std::int64_t far = records / 1'000;  // further than either engine reads on through
  for (int times = 0; times < 3; ++times) {
    measure(*log, "points, one a run", runs_of(1'000, 1, 1, far));
    measure(*log, "points far apart, 100 a run", runs_of(10, 100, 1, far));
    measure(*log, "windows of 100, one a run", runs_of(1'000, 1, 100, far));
    measure(*log, "windows of 10,000, one a run", runs_of(records / 10'000, 1, 10'000, 10'000));
    measure(*log, "every hundredth, 1,000 a run", runs_of(records / 100'000, 1'000, 1, 100));
  }
}

}  // namespace
}  // namespace certes

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "certes-bench-pick sqlite DIRECTORY | kafka BROKERS [RECORDS]\n");
    return 2;
  }
  try {
    certes::bench(argv[1], argv[2], argc > 3 ? std::atoi(argv[3]) : 400'000);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "certes-bench-pick: %s\n", error.what());
    return 1;
  }
}
