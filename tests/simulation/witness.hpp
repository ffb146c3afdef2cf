#pragma once
// Witness: sees all that is sent in a simulation and every record that lands, reads these by the void rule, and says
// what must never be seen of any delivery: sent after its end, again although nothing of it was in flight, ended twice.
// What else a simulation holds to be true, the one derived from it says. Confined to the test's thread.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/log/terms.hpp"
#include "dispatcher/ownership/outcome_records.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::simulation {

using Ends = std::map<std::string, std::string>;  // by delivery

class Witness {
 public:
  Witness(const log::memory::Cluster& cluster, std::int32_t partitions)
      : cluster_(cluster), read_(static_cast<std::size_t>(partitions)) {}
  virtual ~Witness() = default;

  // A request begins. `current`: by the owner of its partition.
  void sent(const std::string& delivery, bool current);
  // A request, or an attempt not yet acknowledged, of which its sender will not know the outcome.
  void lost(const std::string& delivery) { ++track(delivery).lost; }
  // Something was damaged: repeats are allowed from here on, loss is not.
  void tolerate() { tolerant_ = true; }

  // Reads what has landed since the last time, and what is committed.
  void scan();
  virtual bool all_ended() const = 0;
  // At the end: everything has arrived.
  virtual void conclude() = 0;
  // How the deliveries ended whose end no restart may change.
  virtual Ends ends() const = 0;

  void violate(std::string what) {
    if (violation_.empty()) violation_ = std::move(what);
  }
  const std::string& violation() const { return violation_; }  // the first; empty: none
  void say(std::string what) { history_.push_back(std::move(what)); }
  const std::vector<std::string>& history() const { return history_; }
  int repeats() const;
  const std::string& name_of(const std::string& delivery) const { return tracks_.at(delivery).what; }
  std::int32_t partition_of(const std::string& delivery) const { return tracks_.at(delivery).partition; }

 protected:
  struct Track {
    std::string what;  // "evt_1 for default/a"
    std::int32_t partition = 0;
    int sent = 0, lost = 0;
    int failed = 0, ends = 0, void_ends = 0;  // records
    std::string end = {};                     // the outcome, or a dead letter's rule
    int unanswered() const { return sent - failed - lost; }
  };
  // Of a delivery that there may be.
  Track& expect(const std::string& delivery, std::string what, std::int32_t partition);
  Track& track(const std::string& delivery) { return tracks_.at(delivery); }
  const Track& track(const std::string& delivery) const { return tracks_.at(delivery); }
  const std::map<std::string, Track>& tracks() const { return tracks_; }
  bool tolerant() const { return tolerant_; }

  // A record of `events`, of a delivery's outcome, and one that is committed past (nothing: it was there no more).
  virtual void landed(const log::RecordPtr& /*event*/) {}
  virtual void recorded(const dispatcher::Outcome& /*outcome*/, const log::StoredRecord& /*record*/, Track& /*track*/) {
  }
  virtual void passed(const log::StoredRecord& event) = 0;

 private:
  struct Read {
    std::int64_t events = 0, committed = 0;
    std::int64_t offset[2] = {0, 0};  // of attempts, dead letters
    log::Terms terms[2];
  };
  void read_events(std::int32_t partition, Read& read);
  void read_outcomes(std::int32_t partition, Read& read);
  void read_outcome(const log::StoredRecord& record, log::Terms& terms);

  const log::memory::Cluster& cluster_;
  std::vector<Read> read_;
  std::map<std::string, Track> tracks_;
  bool tolerant_ = false;
  std::string violation_;
  std::vector<std::string> history_;
};

}  // namespace certes::simulation
