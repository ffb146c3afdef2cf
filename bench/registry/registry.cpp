// certes-bench-registry: what a change of the registry costs, by the number of endpoints and subscriptions that stand.
//
//   certes-bench-registry [--events E] [N…]    (10 1000 100000)
//
// --events: E events and no change, and nothing is printed: for a program that counts instructions.
// For each N, one JSON line: reading a log of N endpoints and N subscriptions (what a start does), then 1,000 changes
// of one of them, each beside the version before it, as a loop that still reads that holds it: what it costs the
// registry's thread until it is published, and the core loop until it has taken it and routed an event. Microseconds;
// "event" is the same event without a change.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "common/registry/proposal.hpp"
#include "common/registry/record_json.hpp"
#include "common/registry/replica.hpp"
#include "tests/dispatcher/core/world.hpp"

namespace certes::bench {
namespace {

using registry::Change;
using SteadyClock = std::chrono::steady_clock;

double micros_since(SteadyClock::time_point began) {
  return std::chrono::duration<double, std::micro>(SteadyClock::now() - began).count();
}

class Costs {
 public:
  void add(double micros) { all_.push_back(micros); }
  std::string text(const char* name) {
    std::sort(all_.begin(), all_.end());
    char line[160];
    std::snprintf(line, sizeof line, R"(,"%s":{"p50":%.1f,"p99":%.1f,"max":%.1f})", name, all_[all_.size() / 2],
                  all_[all_.size() * 99 / 100], all_.back());
    all_.clear();
    return line;
  }

 private:
  std::vector<double> all_;
};

class Bench {
 public:
  explicit Bench(long count) : count_(count), replica_(0) {}

  // `events`: so many are routed, and nothing else is done.
  void run(long events) {
    std::vector<log::RecordPtr> log;
    for (long i = 0; i < count_; ++i) {
      log.push_back(endpoint(i, 64));
      log.push_back(subscription(i));
    }
    const auto began = SteadyClock::now();
    for (const log::RecordPtr& one : log) replica_.apply(one, decided_);
    world_.state = publish();
    const double read = micros_since(began);
    const auto taken = SteadyClock::now();
    world_.core->on_state(world_.state);
    give_event(0);
    const double first = micros_since(taken);
    std::string line = R"({"endpoints":)" + std::to_string(count_) + R"(,"read_ms":)" + std::to_string(read / 1'000) +
                       R"(,"first_ms":)" + std::to_string(first / 1'000);
    for (long i = 0; i < events; ++i) send_event(i % count_);
    if (events > 0) return;
    for (int i = 0; i < kChanges; ++i) change(i);
    line += publishing_.text("publish") + taking_.text("core") + events_.text("event") + "}";
    std::puts(line.c_str());
    std::fflush(stdout);
  }

 private:
  static constexpr int kChanges = 1'000;

  // Changes of what is there and what is not, of endpoints that have deliveries and that have none.
  void change(int i) {
    const long which = i * 7'919L % count_;
    const log::RecordPtr record = i % 2 == 0 ? endpoint(which, 65 + i % 7) : subscription(count_ + i);
    auto began = SteadyClock::now();
    replica_.apply(record, decided_);
    decided_.clear();
    const registry::StatePtr next = publish();
    publishing_.add(micros_since(began));
    began = SteadyClock::now();
    world_.state = next;
    world_.core->on_state(next);
    give_event(which);
    taking_.add(micros_since(began));
    began = SteadyClock::now();
    give_event(which);
    events_.add(micros_since(began));
    answer(which);
  }

  void send_event(long which) {
    give_event(which);
    answer(which);
  }
  void answer(long which) {
    while (world_.answer("e" + std::to_string(which), 200)) {
    }
  }

  // As the follower does.
  registry::StatePtr publish() {
    auto next = std::make_shared<registry::State>(replica_.state());
    next->position = offset_;
    next->number = ++published_;
    return next;
  }

  void give_event(long which) {
    world_.give(1, "order.t" + std::to_string(which));
    world_.core->run();
  }

  log::RecordPtr endpoint(long i, int concurrency) {
    registry::Endpoint made;
    made.id = "e" + std::to_string(i);
    made.url = "http://127.0.0.1:9/" + made.id;
    made.concurrency = concurrency;
    made.secrets.push_back({world_.sealer.seal("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", seal_context(made)), 0});
    return record(registry::change_to(made));
  }
  log::RecordPtr subscription(long i) {
    registry::Subscription made;
    made.id = "s" + std::to_string(i);
    made.endpoint = "e" + std::to_string(i % count_);
    made.pattern = "order.t" + std::to_string(i % count_);
    return record(registry::change_to(made));
  }
  log::RecordPtr record(Change change) {
    change.by = "bench";
    auto made = std::make_shared<log::StoredRecord>();
    made->topic = log::Topic::registry;
    made->offset = offset_++;
    made->appended_at = 1'700'000'000'000 + made->offset;
    made->value = *registry::encode("chg_" + std::to_string(made->offset), change);
    return made;
  }

  const long count_;
  registry::Replica replica_;
  tests::World world_;
  std::vector<registry::Decided> decided_;
  std::int64_t offset_ = 0;
  std::uint64_t published_ = 0;
  Costs publishing_, taking_, events_;
};

}  // namespace
}  // namespace certes::bench

int main(int argc, char** argv) {
  std::vector<long> counts;
  long events = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--events" && i + 1 < argc)
      events = std::atol(argv[++i]);
    else
      counts.push_back(std::atol(argv[i]));
  }
  if (counts.empty()) counts = {10, 1'000, 100'000};
  for (const long count : counts) certes::bench::Bench(count).run(events);
}
