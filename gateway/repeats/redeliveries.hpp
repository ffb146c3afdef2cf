#pragma once
// Redeliveries: what becomes of a repeat of an event that nobody received: it is delivered again, to the endpoints
// whose dead letters it has become (event/redelivery.hpp). Its answer is that to any repeat, and waits for none of
// this. Who: Gateway, one; Acceptors tell it of repeats. A thread of its own; repeated(): any thread.

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/event/stamp.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::gateway::ingest {

class Undelivered;

class Redeliveries {
 public:
  struct Options {
    Millis window{86'400'000};              // of de-duplication
    std::size_t most_ids = 100'000;         // of events that nobody received
    std::size_t most_waiting = 1'000;       // repeats that have not been looked at; above, they are not
    event::RegistryPosition registry = {};  // replays are stamped with it
  };
  // Starts its thread. All must outlive it.
  Redeliveries(log::Log& log, const Clock& clock, metrics::Metrics& metrics, Options options);
  ~Redeliveries();
  Redeliveries(const Redeliveries&) = delete;
  Redeliveries& operator=(const Redeliveries&) = delete;

  // The event with that certes-id, whose record is in that partition of `events`, has come again. Never blocks.
  void repeated(std::int32_t partition, std::string_view id);

 private:
  struct Question {
    std::int32_t partition;
    std::string id;
  };
  struct Again {  // a replay on its way to the log
    std::string id;
    log::Record record;
    std::int32_t partition;
    bool persisted = false;
    bool known = false;  // another repeat made it before
  };
  void run();
  void look_at(std::vector<Question>& questions, Undelivered& undelivered);
  void collect(const Question& question, Undelivered& undelivered, std::vector<Again>& replays);
  void append(std::vector<Again>& replays);
  void failed(std::size_t count, std::string_view why);
  bool stopping();

  log::Log& log_;
  const Clock& clock_;
  const Options options_;
  metrics::Counter replayed_, failed_, skipped_;
  Mutex mutex_;
  Condition asked_;
  std::vector<Question> questions_ CERTES_GUARDED_BY(mutex_);
  bool stopping_ CERTES_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

// The record that delivers the event of such a dead letter again, to those that it names.
log::Record redelivery(const log::StoredRecord& letter);

}  // namespace certes::gateway::ingest
