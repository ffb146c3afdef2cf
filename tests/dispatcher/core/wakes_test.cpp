// When the core is to be run though nothing came (Core::next_at): a loop that runs it then, and when something comes,
// has everything end; and running it at any other time does nothing, so that nothing waited for that.
#include <doctest/doctest.h>

#include "tests/dispatcher/core/world.hpp"
#include "tests/simulation/dice.hpp"

using namespace certes;
using namespace certes::dispatcher;
using registry::EndpointState;
using registry::Priority;
using simulation::Dice;
using tests::EventText;
using tests::StateBuilder;
using tests::World;

namespace {

constexpr Millis kScript{30'000};  // for so long something comes
constexpr Millis kEnd{3'000'000};
constexpr int kMostRounds = 100;  // at one moment
const std::vector<std::string> kEndpoints = {"a", "b", "c", "d"};

CoreOptions options_of(std::uint64_t seed) {
  CoreOptions options;
  options.memory_bytes = seed % 3 == 0 ? 128u << 20 : seed % 3 == 1 ? 20'000 : 100'000;
  return options;
}

// A loop in simulated time: what comes, comes alone and at its time.
class Loop {
 public:
  explicit Loop(std::uint64_t seed) : world_(options_of(seed)), dice_(seed, 0) {
    world_.picks_at_once = world_.acknowledge_at_once = false;
    for (const std::string& name : kEndpoints) {
      state_.endpoint(name, [&](registry::Endpoint& endpoint) {
        endpoint.concurrency = 1 + static_cast<int>(dice_.pick(20));
        if (dice_.chance(0.3)) endpoint.rate_per_second = 0.5 + 20 * dice_.unit();
      });
      state_.subscription("s-" + name, name, dice_.of(std::vector<std::string>{"#", "x", "y"}),
                          static_cast<Priority>(dice_.pick(registry::kPriorities)), "p");
    }
    state_.policy("p", [&](registry::BackoffPolicy& policy) {
      policy.strategy = registry::BackoffPolicy::Strategy::constant;
      policy.base_seconds = dice_.of(std::vector{0.5, 3.0, 40.0, 900.0});
      policy.max_attempts = 3;
    });
    world_.use(state_);
    for (std::size_t left = 20 + dice_.pick(150); left > 0; --left) at_random([this] { give(); });
    for (std::size_t left = dice_.pick(12); left > 0; --left) at_random([this] { change(); });
    for (std::size_t left = dice_.pick(4); left > 0; --left) disturb();
    at(kScript, [this] { heal(); });
  }

  // Empty: all has ended, and only when it was said.
  std::string run() {
    while (wrong_.empty() && world_.clock.elapsed < kEnd) {
      settle();
      const auto next = world_.core->next_at();
      if (!next && coming_.empty()) break;
      Millis until = coming_.empty() ? kEnd : coming_.begin()->first;
      // A moment of the loop's clock is a millisecond.
      if (next) until = std::min(until, std::chrono::ceil<Millis>(*next - (world_.clock.now() - world_.clock.elapsed)));
      look_early(until);
      world_.clock.elapsed = std::max(world_.clock.elapsed, until);
      while (!coming_.empty() && coming_.begin()->first <= world_.clock.elapsed) {
        const auto what = std::move(coming_.begin()->second);
        coming_.erase(coming_.begin());
        what();
      }
    }
    if (wrong_.empty() && world_.finished.size() != world_.stored.size())
      wrong_ = std::to_string(world_.stored.size() - world_.finished.size()) + " have not ended";
    return wrong_;
  }

 private:
  void at(Millis when, std::function<void()> what) { coming_.emplace(when, std::move(what)); }
  void after(std::size_t most, std::function<void()> what) {
    at(world_.clock.elapsed + Millis{1 + dice_.pick(most)}, std::move(what));
  }
  void at_random(std::function<void()> what) { at(Millis{dice_.pick(20'000)}, std::move(what)); }

  // Rounds, until there is nothing more to do at this moment.
  void settle() {
    int rounds = 0;
    do {
      round();
      if (++rounds > kMostRounds) wrong_ = "it is busy with nothing";
    } while (wrong_.empty() && world_.core->next_at() && *world_.core->next_at() <= world_.clock.now());
    look("at once");
  }
  void round() {
    world_.core->run();
    for (const http::Transfer& one : world_.flying)
      if (answering_.insert(one.id).second)
        after(dice_.chance(0.1) ? 15'000 : 300, [this, id = one.id] { answer(id); });
    for (const log::PickRun& run : world_.asked)
      if (serving_.insert(run.id).second) after(10, [this, id = run.id] { serve(id); });
    if (!world_.unacknowledged.empty() && !std::exchange(acknowledging_, true)) after(8, [this] { acknowledge(); });
  }
  // Nothing came, and it is not the time that was said.
  void look(const std::string& when) {
    const auto before = std::tuple(world_.flying.size(), world_.runs, world_.attempts.size(), world_.letters.size());
    round();
    const auto then = std::tuple(world_.flying.size(), world_.runs, world_.attempts.size(), world_.letters.size());
    if (before != then && wrong_.empty())
      wrong_ = "it had something to do " + when + ", at " + std::to_string(world_.clock.elapsed.count());
  }
  void look_early(Millis until) {
    const Millis left = until - world_.clock.elapsed;
    if (left < Millis{3} || !dice_.chance(0.5)) return;  // timers are rounded up to the next millisecond
    world_.clock.elapsed += Millis{1 + dice_.pick(static_cast<std::size_t>(left.count()) - 2)};
    // What is due soon is looked for every half second.
    for (const auto& [partition, index] : world_.indexes)
      if (index.due_work(world_.clock.unix_millis() + 2'000)) return;
    look(std::to_string((until - world_.clock.elapsed).count()) + " ms earlier");
  }

  void give() {
    EventText text;
    text.partition = dice_.chance(0.3) ? 1 : 0;
    text.offset = offsets_[text.partition]++;
    text.id = "evt_" + std::to_string(text.partition) + "_" + std::to_string(text.offset);
    text.type = dice_.of(std::vector<std::string>{"x", "y"});
    text.body = std::string(dice_.pick(2'000), 'x');
    world_.give(text);
  }
  void change() {
    const std::string name = dice_.of(kEndpoints);
    const double what = dice_.unit();
    const UnixMillis now = world_.clock.unix_millis();
    if (what < 0.4)
      state_.in_state(name, EndpointState::paused, now);
    else if (what < 0.8)
      state_.in_state(name, EndpointState::active, now);
    else
      state_.in_state(name, EndpointState::disabled, now);
    world_.use(state_);
  }
  void disturb() {
    const std::size_t begin = dice_.pick(15'000), end = begin + dice_.pick(5'000);
    if (dice_.chance(0.5)) {
      at(Millis{begin}, [this] { world_.acting = false; });
      at(Millis{end}, [this] { world_.acting = true; });
    } else {
      at(Millis{begin}, [this] { world_.outcome_bytes = 9u << 20; });
      at(Millis{end}, [this] { world_.outcome_bytes = 0; });
    }
  }
  void heal() {
    world_.acting = true;
    world_.outcome_bytes = 0;
    for (const std::string& name : kEndpoints) state_.in_state(name, EndpointState::active, world_.clock.unix_millis());
    world_.use(state_);
  }

  void answer(std::uint64_t id) {
    const auto found = std::ranges::find(world_.flying, id, &http::Transfer::id);
    if (found == world_.flying.end()) return;
    http::TransferResult result;
    result.id = id;
    const double what = dice_.unit();
    result.status = what < 0.5 ? 200 : what < 0.9 ? 500 : 508;
    if (what > 0.95) {
      result.error = http::TransferError::local;
      result.retry_in = Millis{300};
    }
    answering_.erase(id);
    world_.flying.erase(found);
    world_.core->on_result(result);
  }
  void serve(std::uint64_t id) {
    const auto found = std::ranges::find(world_.asked, id, &log::PickRun::id);
    if (found == world_.asked.end()) return;
    const log::PickRun run = *found;
    world_.asked.erase(found);
    if (dice_.chance(0.8)) return world_.serve(run);
    const std::int64_t first = run.wanted.front().start;
    const auto& stored = world_.stored.at({run.partition, first});
    if (dice_.chance(0.5))
      world_.core->on_picked({run.id, run.topic, run.partition, first, log::PickFate::record, stored, {}});
    world_.core->on_picked({run.id, run.topic, run.partition, first + 1, log::PickFate::again, nullptr,
                            Error(Code::unavailable, "nobody answers")});
  }
  void acknowledge() {
    acknowledging_ = false;
    world_.acknowledge_all();
  }

  World world_;
  Dice dice_;
  StateBuilder state_;
  std::multimap<Millis, std::function<void()>> coming_;
  std::set<std::uint64_t> answering_, serving_;
  std::map<std::int32_t, std::int64_t> offsets_;
  bool acknowledging_ = false;
  std::string wrong_;
};

}  // namespace

TEST_CASE("Wakes: driven only when it says so, the core has everything end, and is not busy with nothing") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    CHECK(Loop(seed).run() == "");
  }
}
