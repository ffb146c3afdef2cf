#pragma once
// A simulated world: a cluster, some processes with a FakeDispatcher each, and a random schedule of what happens to
// them, all from one seed. Then everything heals, and all that was accepted must end. Confined to the test's thread.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/base/random.hpp"
#include "tests/common/log/owner/fake_dispatcher.hpp"

namespace certes::log::testing {
using namespace dispatcher;

struct Schedule {
  std::uint64_t seed = 1;
  int events = 6;
  std::size_t processes = 3;
  int steps = 250;
  bool unaware = false;   // a process that lost its partitions goes on for a while
  bool corrupt = false;   // a committed checkpoint becomes unreadable
  bool foreign = false;   // somebody else commits under the group's name
  bool truncate = false;  // `events` or the tails lose records at either end
  bool unfenced = false;  // the cluster accepts commits of former owners
  Mistake mistake = Mistake::none;
};

class World {
 public:
  explicit World(const Schedule& schedule);
  // Runs the schedule and the healing; empty: nothing was violated.
  std::string run();
  int repeats() const { return ledger_.repeats(); }
  int faults() const { return faults_; }

 private:
  using Process = std::unique_ptr<FakeDispatcher>;

  bool chance(double probability) { return random_.unit() < probability; }
  std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_.bits() % below); }
  FakeDispatcher* any();
  FakeDispatcher* by_id(std::uint64_t process);
  std::int32_t any_partition() { return static_cast<std::int32_t>(pick(static_cast<std::size_t>(partitions_))); }

  void step();
  void fault();
  void accept_event();
  void land_some();
  void answer_some();
  void act(FakeDispatcher& process);
  void start_process();
  void crash(std::size_t index);
  void crash_all();
  void expire(FakeDispatcher& process);
  void damage();
  void expire_events(std::int32_t partition);
  void cut_events(std::int32_t partition);
  void heal();
  bool settled() const;
  void leave_all();

  const Schedule schedule_;
  Random random_;
  const int partitions_;
  const double fault_rate_;
  ManualClock clock_;
  std::shared_ptr<memory::Cluster> cluster_;
  Ledger ledger_;
  std::vector<std::function<void()>> jobs_;
  std::vector<Process> processes_;
  std::uint64_t next_process_ = 1;
  int next_event_ = 0;
  int faults_ = 0;
};

}  // namespace certes::log::testing
