#pragma once
// Undelivered: which events nobody received: all deliveries of each are dead letters, as the last of these says
// (event::kUndelivered). A partition of `dead-letters` is read when it is first asked for, from where the window of
// de-duplication begins, and then on from where it was left, so that asking again costs only what is new. Bounded; the
// oldest leave first. Who: Redeliveries. Confined to its thread; blocks on the log.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/log/scan.hpp"
#include "common/log/terms.hpp"

namespace certes::gateway::ingest {

class Undelivered {
 public:
  struct Options {
    Millis window{86'400'000};
    std::size_t most_ids = 100'000;
    std::function<bool()> stopping;  // reading ends early
  };
  // Where a dead letter stands.
  struct Place {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    bool operator==(const Place&) const = default;
  };

  Undelivered(log::Log& log, const Clock& clock, Options options);

  // Reads on to where the partition ends now. Errors: unavailable, timeout; what was read stays known.
  Result<void> refresh(std::int32_t partition);
  // The dead letter that says so of the event with that certes-id; the newest. Nothing: someone has received it, or may
  // yet, or it is not known any more.
  std::optional<Place> find(std::string_view id) const;
  // The record there. Errors: not_found (it has expired), unavailable, timeout.
  Result<log::RecordPtr> read(Place place) const;
  // It is on its way again.
  void forget(std::string_view id);

  std::size_t size() const { return known_.size(); }

 private:
  struct Partition {
    std::int64_t next = log::kNoOffset;  // to be read; none yet
    log::Terms terms;
  };
  Result<std::int64_t> begin_at(std::int32_t partition) const;
  Result<void> scan(std::int32_t partition, std::int64_t& next, std::int64_t end, const log::VisitRecord& visit) const;
  void look(const log::StoredRecord& record);
  void expire();

  log::Log& log_;
  const Clock& clock_;
  const Options options_;
  std::vector<Partition> partitions_;
  std::map<std::string, Place, std::less<>> known_;  // by certes-id
  std::deque<std::pair<std::string, Place>> order_;  // oldest first; those that were forgotten or renewed too
};

}  // namespace certes::gateway::ingest
