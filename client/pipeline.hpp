#pragma once
// Pipeline: events come in, are made durable in the spool, and go to the gateway as the Forwarder says. One thread of
// its own owns spool, Forwarder and transport; what is published while it commits goes into the next commit together.
// Who: Producer, Relay. All functions: any thread; callbacks run on the pipeline's thread and must not block.

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "client/forward/forwarder.hpp"
#include "client/forward/transport.hpp"
#include "client/producer_meters.hpp"
#include "client/spool/spool.hpp"
#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/base/result.hpp"

namespace certes::client {

// What became of an event in the end.
struct Ended {
  std::string id;  // the producer's
  bool accepted = false;
  std::string rule;    // of one that was not
  int status = 0;      // of the last answer; 0: there was none
  std::string answer;  // its body, or what kept it from being answered; of a batch that was accepted: nothing
};

struct PipelineOptions {
  ForwardLimits forward;
  std::size_t max_events = 1'000'000;  // in the spool, rejected ones included
  std::size_t max_bytes = std::size_t{1} << 30;
  std::size_t max_pending_bytes = 64u << 20;  // not yet committed
  std::uint64_t seed = 1;
  std::function<void(const Ended&)> on_end;  // may be none
};

struct PipelineStatus {
  std::size_t waiting_events = 0;  // in flight included
  std::size_t rejected_events = 0;
  std::size_t bytes = 0;                                 // of both
  std::uint64_t accepted = 0, retried = 0, refused = 0;  // by the gateway, since the start
  std::string last_error;                                // of the last request that failed; empty since one went well
  bool denied = false;                                   // that one, for the sake of the key
};

class Pipeline {
 public:
  // `meters` may be none. The clock outlives the pipeline.
  Pipeline(std::unique_ptr<Spool> spool, PipelineOptions options, const Clock& clock, ProducerMeters* meters);
  ~Pipeline();  // as close({})
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Reads what the spool holds and begins to send it. Once. Errors: the spool's.
  Result<void> start(const MakeTransport& transport);
  void set_policies(Policies policies);

  // All of them durable, or none: `stored` says so. Errors: busy (the spool is full), unavailable (closing, or the disk
  // took nothing), unknown_outcome (a failed sync).
  using Stored = std::function<void(Result<void>)>;
  void publish(std::vector<Item> items, Stored stored);
  Result<void> publish(std::vector<Item> items);  // waits

  PipelineStatus status() const;
  // Rejected events: a page above `after`; back to sending; forgotten. They wait for the pipeline's thread.
  Result<std::vector<Rejected>> rejected(std::int64_t after, std::size_t limit);
  Result<void> retry_rejected(std::int64_t sequence);
  Result<void> drop_rejected(std::int64_t sequence);

  // Waits until nothing waits to be sent. False: `limit` passed first.
  bool wait_until_sent(Millis limit);
  // Takes nothing more, sends what can be sent within `limit`, and ends. What is left stays in the spool. How many.
  std::size_t close(Millis limit);
  // Why nothing more is written until the process starts again: the disk failed a sync.
  std::optional<Error> failure() const;

 private:
  struct Publishing {
    std::vector<Item> items;
    std::size_t bytes = 0;
    Stored stored;
  };
  struct Flying {
    Flight flight;
    std::vector<Kind> kinds;
    std::vector<std::string> ids;
    std::vector<std::size_t> bytes;
  };
  using Work = std::function<void()>;

  // Any thread.
  void wake();
  std::optional<Error> reserve(const Publishing& publishing) CERTES_REQUIRES(mutex_);
  template <class T>
  Result<T> ask(std::function<Result<T>()> question);
  void give_back(std::size_t events, std::size_t bytes) CERTES_REQUIRES(mutex_);

  // The pipeline's thread.
  void run();
  void take_answers(Turn& turn);
  void apply(const Flying& flying, const Answer& answer, Turn& turn);
  void tell_accepted(const Flying& flying, const Answer& answer);
  void tell_refused(const Flying& flying, const Outcome& outcome, const Answer& answer);
  void commit(Turn& turn, std::vector<Publishing>& publishings);
  void send_what_may();
  bool send(const Flight& flight);
  bool finished_closing();
  void wait();
  void publish_state();

  const PipelineOptions options_;
  const Clock& clock_;
  ProducerMeters* const meters_;

  // The pipeline's thread, once it runs.
  std::unique_ptr<Spool> spool_;
  Forwarder forwarder_;
  std::unique_ptr<Transport> transport_;
  std::map<std::uint64_t, Flying> flying_;
  std::vector<Answer> answers_;
  Turn owed_;  // what the last commit could not write
  std::optional<SteadyTime> write_again_at_;

  mutable Mutex mutex_;
  Condition woken_, changed_;
  std::deque<Publishing> publishings_ CERTES_GUARDED_BY(mutex_);
  std::deque<Work> works_ CERTES_GUARDED_BY(mutex_);
  bool woke_ CERTES_GUARDED_BY(mutex_) = false;
  bool running_ CERTES_GUARDED_BY(mutex_) = false;
  bool closing_ CERTES_GUARDED_BY(mutex_) = false;
  SteadyTime close_by_ CERTES_GUARDED_BY(mutex_){};
  // Reserved.
  std::size_t events_ CERTES_GUARDED_BY(mutex_) = 0;
  std::size_t bytes_ CERTES_GUARDED_BY(mutex_) = 0;
  std::size_t pending_bytes_ CERTES_GUARDED_BY(mutex_) = 0;
  PipelineStatus status_ CERTES_GUARDED_BY(mutex_);
  std::optional<Error> failure_ CERTES_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace certes::client
