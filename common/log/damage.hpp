#pragma once
// Damage: what becomes of records that are missing or cannot be decoded, and who is told. What readers pass over is
// counted once, whoever meets it: certes_log_lost_records_total{topic}, and a line that names it; of one partition a
// line a minute, of the registry each. What holds a partition up is a line when it begins and one a minute, and
// certes_log_trouble{topic,reason="damaged"}. Who: readers. Any thread.

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "common/base/clock.hpp"
#include "common/base/line_limit.hpp"
#include "common/base/mutex.hpp"
#include "common/base/result.hpp"
#include "common/log/on_damaged.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::log {

class Damage {
 public:
  // `metrics` (nullable) must outlive it.
  Damage(const Clock& clock, OnDamaged on_damaged, metrics::Metrics* metrics)
      : clock_(clock), on_damaged_(on_damaged), metrics_(metrics) {}

  bool goes_on(Topic topic) const { return log::goes_on(on_damaged_, topic); }
  // Records `from` to before `to` are passed over.
  void passed(Topic topic, std::int32_t partition, std::int64_t from, std::int64_t to);
  // The partition stays at `offset`; the error for its reader. `log`: what it is in.
  Error stays(const std::string& log, Topic topic, std::int32_t partition, std::int64_t offset);

 private:
  using Place = std::pair<Topic, std::int32_t>;
  std::int64_t count(Place place, std::int64_t from, std::int64_t to);

  const Clock& clock_;
  const OnDamaged on_damaged_;
  metrics::Metrics* const metrics_;
  LineLimit lines_;
  Mutex mutex_;
  std::map<Place, std::map<std::int64_t, std::int64_t>> passed_
      CERTES_GUARDED_BY(mutex_);  // ranges, by their first offset
  std::set<Place> stayed_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::log
