#pragma once
// Erasure: the work of a job that erases. The log itself is gone through, partition by partition, as the index may not
// reach as far back: events, then dead letters, then attempts, which stand in the partition of their event. What has
// ended is told to every index (history/erased.hpp) and leaves the log, the events last, so that what goes on behind a
// crash finds them again; what has a delivery that is open waits for its end. In the end the index of this process has
// let go of it, and the files hold no trace. On Kafka nothing leaves the log: there the indexes forget, and the job
// says what stands there and until when. Who: Runner.

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "api/erase/erasure_walk.hpp"
#include "api/erase/open_events.hpp"
#include "api/jobs/work.hpp"
#include "common/log/log.hpp"

namespace certes::api {

class Erasure final : public jobs::Work {
 public:
  // Precondition: there is a history.
  Erasure(const registry::Job& job, Services& services);

  Result<bool> count(registry::JobProgress& progress) override;
  Result<bool> go_on(registry::JobProgress& progress, std::int64_t most) override;

 private:
  enum class Stage : std::uint8_t {
    index,
    partition,
    events,
    open,
    ended,
    letters,
    attempts,
    tell,
    erase,
    again,
    waiting,
    settling,
    wiping
  };
  // What of a partition is erased at once.
  struct Pass {
    std::int64_t next = 0, end = 0;  // what is scanned: of `events`, then of the other topics
    std::int64_t scanned = 0;        // of `events`, up to there
    bool is_first = true;            // of its partition
    std::deque<AskedEvent> asked;    // on the log, and not known to have ended
    // Ascending, but while they are gathered.
    std::vector<std::int64_t> events, letters, attempts;
    std::vector<std::int64_t> named;  // events that letters name, and that are known no more
    UnixMillis since = 0;             // when the first of the events was appended; 0: that is not known
    std::int64_t counted = 0;         // events and letters, without repeats
  };

  Result<bool> walk_index();
  Result<Stage> step(registry::JobProgress& progress);
  Result<Stage> begin_partition();
  Result<Stage> find_events(registry::JobProgress& progress);
  Result<Stage> ask_open();
  Result<Stage> begin_letters();
  Result<Stage> find_letters();
  Result<Stage> find_attempts();
  Result<Stage> tell();
  Result<Stage> erase(registry::JobProgress& progress);
  Result<Stage> end_pass();
  Stage end_partition(registry::JobProgress& progress);
  Result<Stage> wait(registry::JobProgress& progress);
  Result<Stage> settle();
  Result<bool> wipe(registry::JobProgress& progress);

  using Visit = std::function<void(const log::StoredRecord&)>;
  Result<void> scan_from(log::Topic topic, UnixMillis from);
  Result<bool> scan(log::Topic topic, const Visit& visit);
  void take_event(const log::StoredRecord& record);
  void take_indexed();
  void take_letter(const log::StoredRecord& record);
  Result<std::size_t> ask_some(std::deque<AskedEvent>& events);
  void close(const AskedEvent& event);
  std::int64_t waiting() const;
  Result<std::vector<registry::JobRemains>> remains();

  const registry::Job job_;
  Services& services_;
  const Erased erased_;
  const bool erases_;  // whether the log can
  std::optional<ErasureWalk> walk_;
  bool walked_ = false;
  std::int64_t counted_ = 0, done_ = 0;
  std::map<std::int32_t, std::vector<ErasureWalk::Event>> indexed_;  // what the index knows, by partition
  Stage stage_ = Stage::index;
  std::int32_t partition_ = 0;
  bool swept_ = false;  // all partitions were gone through; what is left waits
  Pass pass_;
  std::map<std::int32_t, std::deque<AskedEvent>> open_;  // they wait, by partition
  std::map<log::Topic, UnixMillis> newest_;              // of what was found
  UnixMillis told_at_ = 0;
};

}  // namespace certes::api
