#pragma once
// Ledger: what the simulation of owners holds to be true beside what every Witness sees: of each event both endpoints
// come to an end, and a commit passes only over such events; unless the log itself has lost them. Confined to the
// test's thread.

#include <set>
#include <string>
#include <string_view>

#include "tests/simulation/witness.hpp"

namespace certes::dispatcher::testing {

inline constexpr int kEndpoints = 2;

std::string delivery_id(int event, int endpoint);

class Ledger final : public simulation::Witness {
 public:
  Ledger(const log::memory::Cluster& cluster, std::int32_t partitions, std::uint32_t max_attempts)
      : Witness(cluster, partitions), max_attempts_(max_attempts) {}

  void accepted(int event, std::int32_t partition);
  // The log itself has lost the event.
  void excuse(int event) { excused_.insert(event); }
  // Somebody else commits under the group's name: what is committed says nothing about what is done.
  void others_commit() { others_commit_ = true; }
  // Records of the tails are gone, a term's first among them perhaps: readers take what is void for valid.
  void tails_trimmed() { void_counts_ = true; }
  // Nobody has damaged one but who says so.
  void unreadable(std::string_view what);
  // Before a request of it begins. `current`: by the owner of its partition.
  void check_attempts(const std::string& delivery, bool current);

  bool all_ended() const override;
  void conclude() override;
  simulation::Ends ends() const override;

 private:
  bool ended(int event, int endpoint) const;
  void passed(const log::StoredRecord& event) override;

  const std::uint32_t max_attempts_;
  int events_ = 0;
  std::set<int> excused_;
  bool others_commit_ = false;
  bool void_counts_ = false;
};

}  // namespace certes::dispatcher::testing
