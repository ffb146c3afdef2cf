#pragma once
// Simulation: some dispatchers (CoreProcess) on one cluster, and a random schedule of what happens to them, to the
// registry and to their endpoints, all from one seed. Then everything heals, and every event must have come to the end
// that the registry's story gives it. Confined to the test's thread.

#include <memory>
#include <string>
#include <vector>

#include "common/base/random.hpp"
#include "tests/dispatcher/simulation/core_process.hpp"

namespace certes::dispatcher::simulation {

struct Schedule {
  std::uint64_t seed = 1;
  int events = 8;
  std::size_t processes = 2;
  int steps = 300;
  bool changes = true;    // of the registry
  bool clocks = false;    // the wall clock jumps
  bool unaware = false;   // who lost its partitions goes on for a while
  bool unfenced = false;  // the cluster accepts commits of former owners
  Mistake mistake = Mistake::none;
};

class Simulation {
 public:
  explicit Simulation(const Schedule& schedule);
  // Empty: nothing was violated.
  std::string run();
  int repeats() const { return judge_.repeats(); }
  int faults() const { return faults_; }
  const std::vector<std::string>& history() const { return history_; }

 private:
  bool chance(double probability) { return random_.unit() < probability; }
  std::size_t pick(std::size_t below) { return static_cast<std::size_t>(random_.bits() % below); }
  void say(std::string what) { history_.push_back(std::move(what)); }

  void step();
  void fault();
  void act(CoreProcess& process);
  void accept_event();
  void land_some();
  void answer_some();
  void start_process();
  void crash(std::size_t index);
  void arrive();  // all that is on its way
  void heal();
  void leave_all();
  bool settled() const;

  const Schedule schedule_;
  Random random_;
  const int partitions_;
  const double fault_rate_, change_rate_;
  ManualClock clock_;
  const crypto::Sealer sealer_;
  std::shared_ptr<log::memory::Cluster> cluster_;
  RegistryScript registry_;
  std::vector<std::string> history_;
  Judge judge_;
  std::vector<Job> jobs_;
  std::vector<std::unique_ptr<CoreProcess>> processes_;
  std::uint64_t next_process_ = 1;
  int next_event_ = 0;
  int faults_ = 0;
};

}  // namespace certes::dispatcher::simulation
