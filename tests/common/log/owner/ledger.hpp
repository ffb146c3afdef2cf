#pragma once
// The all-knowing bookkeeper of a simulation: it counts what was sent and received, and reads every record that lands
// in the logs by the void rule, and says what must never be seen. Confined to the test's thread.

#include <map>
#include <string>
#include <vector>

#include "dispatcher/ownership/outcome_records.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::log::testing {
using namespace dispatcher;

inline constexpr int kEndpoints = 2;

std::string delivery_id(int event, int endpoint);

class Ledger {
 public:
  Ledger(const memory::Cluster& cluster, int partitions, std::uint32_t max_attempts)
      : cluster_(cluster), max_attempts_(max_attempts), parts_(static_cast<std::size_t>(partitions)) {}

  void accepted(int event, std::int32_t partition);
  // The log itself has lost the event.
  void excuse(int event) { events_.at(static_cast<std::size_t>(event)).excused = true; }
  // Something was damaged: repeats are allowed from here on, loss is not.
  void tolerate() { tolerant_ = true; }
  // Somebody else commits under the group's name: what is committed says nothing about what is done.
  void others_commit() { others_commit_ = true; }

  // Records of the tails are gone, a term's first among them perhaps: readers take what is void for valid.
  void tails_trimmed() { void_counts_ = true; }

  // A request begins. `current`: by the partition's owner.
  void sent(int event, int endpoint, bool current);
  void received(int event, int endpoint) { at(event, endpoint).received++; }
  // A request, or an attempt not yet acknowledged, of which its sender will not know the outcome.
  void lost_in_flight(int event, int endpoint) { at(event, endpoint).lost++; }

  // Reads what has landed since the last time, and what is committed.
  void scan();
  bool all_ended() const;
  void check_complete();
  const std::string& violation() const { return violation_; }
  int repeats() const;

 private:
  struct Delivery {
    int sent = 0;
    int received = 0;
    int lost = 0;
    std::uint32_t fails = 0;  // valid records
    int ends = 0;
    int void_ends = 0;
  };
  struct Event {
    std::int32_t partition;
    bool excused = false;
    Delivery deliveries[kEndpoints];
  };
  struct Part {
    std::int64_t scanned[2] = {0, 0};  // of attempts, dead letters
    std::int64_t highest[2] = {0, 0};  // term
    std::int64_t committed = 0;
  };
  Delivery& at(int event, int endpoint) { return events_.at(static_cast<std::size_t>(event)).deliveries[endpoint]; }
  bool ended(const Delivery& delivery) const { return delivery.ends > 0 || (void_counts_ && delivery.void_ends > 0); }
  void landed(const StoredRecord& record, std::int64_t& highest);
  void check_commit(std::int32_t partition, Part& part);
  void violate(std::string what) {
    if (violation_.empty()) violation_ = std::move(what);
  }

  const memory::Cluster& cluster_;
  const std::uint32_t max_attempts_;
  std::vector<Part> parts_;
  std::vector<Event> events_;
  std::map<std::string, std::pair<int, int>> ids_;  // delivery, (event, endpoint)
  bool tolerant_ = false;
  bool others_commit_ = false;
  bool void_counts_ = false;
  std::string violation_;
};

}  // namespace certes::log::testing
