#include "common/traces/tracer.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

using namespace certes;
using namespace certes::traces;

namespace {

// A collector that answers as it is told.
class Collector {
 public:
  Tracer::Post post() {
    return [this](const std::string& body, const std::atomic<bool>& stop) -> Result<int> {
      Lock lock(mutex_);
      bodies_.push_back(nlohmann::json::parse(body));
      changed_.notify_all();
      while (hangs_ && !stop) changed_.wait_for(lock, Millis{5}, [&] { return !hangs_ || stop.load(); });
      if (stop && hangs_) return fail(Code::unavailable, "ended");
      if (answers_.empty()) return 200;
      const int status = answers_.front();
      answers_.erase(answers_.begin());
      if (status == 0) return fail(Code::unavailable, "nobody answers");
      return status;
    };
  }
  void answer(std::vector<int> statuses) {
    const Lock lock(mutex_);
    answers_ = std::move(statuses);
  }
  void hang(bool hangs) {
    {
      const Lock lock(mutex_);
      hangs_ = hangs;
    }
    changed_.notify_all();
  }
  void wait_for(std::size_t requests) {
    Lock lock(mutex_);
    REQUIRE(
        changed_.wait_for(lock, Millis{20'000}, [&]() CERTES_REQUIRES(mutex_) { return bodies_.size() >= requests; }));
  }
  std::vector<std::string> names() {
    const Lock lock(mutex_);
    std::vector<std::string> names;
    for (const auto& span : bodies_.back()["resourceSpans"][0]["scopeSpans"][0]["spans"]) names.push_back(span["name"]);
    return names;
  }

 private:
  Mutex mutex_;
  Condition changed_;
  std::vector<int> answers_;
  std::vector<nlohmann::json> bodies_;
  bool hangs_ = false;
};

Span named(const std::string& name) {
  Span span;
  span.name = name;
  return span;
}

struct TracerBench {
  explicit TracerBench(std::size_t queue = 100) {
    Tracer::Options options;
    options.queue_spans = queue;
    options.gather = options.first_pause = Millis{1};
    tracer.emplace(std::move(options), collector.post(), clock, metrics);
  }
  double count(const std::string& outcome) {
    const std::string text = metrics.text(), line = "certes_traces_spans_total{outcome=\"" + outcome + "\"} ";
    const std::size_t at = text.find(line);
    REQUIRE(at != std::string::npos);
    return std::stod(text.substr(at + line.size()));
  }

  SystemClock clock;
  metrics::Metrics metrics;
  Collector collector;
  std::optional<Tracer> tracer;
};

}  // namespace

TEST_CASE("Tracer: what is recorded comes to the collector, and what is left at the end as well") {
  TracerBench bench;
  bench.tracer->record(named("one"));
  bench.collector.wait_for(1);
  CHECK(bench.collector.names() == std::vector<std::string>{"one"});
  bench.tracer->record(named("two"));
  bench.tracer.reset();
  CHECK(bench.collector.names() == std::vector<std::string>{"two"});
  CHECK(bench.count("sent") == 2);
}

TEST_CASE("Tracer: what a collector that is away did not take is sent again; what it refuses is not") {
  TracerBench bench;
  bench.collector.answer({0, 503, 429, 200});
  bench.tracer->record(named("again"));
  bench.collector.wait_for(4);
  CHECK(bench.collector.names() == std::vector<std::string>{"again"});
  bench.collector.answer({400});
  bench.tracer->record(named("refused"));
  bench.collector.wait_for(5);
  bench.tracer->record(named("next"));
  bench.collector.wait_for(6);
  CHECK(bench.collector.names() == std::vector<std::string>{"next"});
  bench.tracer.reset();
  CHECK(bench.count("sent") == 2);
  CHECK(bench.count("refused") == 1);
}

TEST_CASE("Tracer: while a collector hangs nobody waits, and what there is no room for is dropped and counted") {
  TracerBench bench(10);
  bench.collector.hang(true);
  bench.tracer->record(named("out"));
  bench.collector.wait_for(1);
  for (int i = 0; i < 25; ++i) bench.tracer->record(named("waiting"));
  CHECK(bench.count("dropped") == 15);
  bench.tracer.reset();  // ends, though the collector still hangs
  CHECK(bench.count("sent") == 0);
}

TEST_CASE("Tracer: moments of the steady clock are told in nanoseconds since 1970") {
  TracerBench bench;
  const SteadyTime now = bench.clock.now();
  const std::int64_t then = bench.tracer->unix_ns(now - Millis{1'500}), today = bench.tracer->unix_ns(now);
  CHECK(today - then == 1'500'000'000);
  CHECK(std::abs(today / 1'000'000 - bench.clock.unix_millis()) < 60'000);
}
