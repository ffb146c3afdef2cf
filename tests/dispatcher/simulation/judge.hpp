#pragma once
// Judge: knows all that was accepted, sent and recorded in a simulation, and the registry's whole story, and says what
// must never be seen: an event that is lost, ended twice, sent to who was not to get it. Confined to the test's thread.

#include <map>
#include <string>
#include <vector>

#include "common/log/terms.hpp"
#include "dispatcher/ownership/outcome_records.hpp"
#include "tests/dispatcher/simulation/registry_script.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::dispatcher::simulation {

class Judge {
 public:
  Judge(const log::memory::Cluster& cluster, int partitions, const RegistryScript& registry, bool clocks_jump,
        std::vector<std::string>& history)
      : cluster_(cluster),
        partitions_(partitions),
        registry_(registry),
        clocks_jump_(clocks_jump),
        history_(history),
        read_(static_cast<std::size_t>(partitions)) {}

  void accepted(const std::string& id, const std::string& type, UnixMillis at);
  // A request, by a process that has read the registry as far as `state`.
  void sent(const std::string& event, const std::string& endpoint, const registry::State& state);
  void say(std::string what) { history_.push_back(std::move(what)); }
  // Reads what has landed since the last time, and what is committed.
  void scan();
  // At the end: everything has arrived, and all endpoints are active. Empty: as it should be.
  bool all_ended() const;
  void conclude();
  const std::string& violation() const { return violation_; }
  int repeats() const;

 private:
  struct Delivery {
    int sent = 0, failed = 0, ends = 0;
    std::string end;  // "delivered", "cancelled", or a dead letter's rule
  };
  struct Event {
    std::string type;
    UnixMillis appended_at;
    std::uint64_t accepted_in;                   // State
    std::map<std::string, Delivery> deliveries;  // by endpoint
  };
  // What of it must be, at the end.
  enum class Must { none, end, anything };
  Must must(const Event& event, const std::string& endpoint, const Delivery& delivery) const;
  void landed(const log::StoredRecord& record, log::Terms& terms);
  void committed(int partition, std::int64_t& known);
  void violate(std::string what) {
    if (violation_.empty()) violation_ = std::move(what);
  }

  const log::memory::Cluster& cluster_;
  const int partitions_;
  const RegistryScript& registry_;
  const bool clocks_jump_;
  std::vector<std::string>& history_;
  std::map<std::string, Event> events_;
  std::map<std::string, std::pair<std::string, std::string>> names_;  // of deliveries: event, endpoint
  struct Read {
    std::int64_t offset[2] = {0, 0};
    std::int64_t committed = 0;
    log::Terms terms[2];
  };
  std::vector<Read> read_;
  std::string violation_;
};

}  // namespace certes::dispatcher::simulation
