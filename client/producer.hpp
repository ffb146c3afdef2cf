#pragma once
// certes::Producer: publishes events through a spool. publish() returns when the event is durable in the spool; a
// thread of the producer's own forwards to the gateway, as often as the back-off policy says, until it accepts. What
// was published is not lost, whatever ends the program, if the spool is a directory; the gateway accepts each event
// once, however often it was sent, because it keeps its id.
//
// Who: programs that publish events; `certes send`. All functions may be called from any thread. docs/producing.md has
// an example.
//
// Order: events with the same partition_key are accepted in the order of publishing; one that waits for its next
// attempt holds back its key, and nothing else.

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/backoff/policy.hpp"
#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/metrics/metrics.hpp"

namespace certes {

// What is published. Only the type is needed.
struct ProducerEvent {
  std::string type;  // "order.created"
  std::string data = "null";
  std::string data_content_type = "application/json";  // what `data` is; JSON is checked
  std::string id;      // at most 256 bytes; empty: one is made. The same (source, id) again is a duplicate
  std::string source;  // a URI reference; empty: the tenant's
  std::string subject;
  std::string time;  // RFC 3339; empty: now
  std::string partition_key;
  std::string conversation_id, cause_id;
  std::vector<std::pair<std::string, std::string>> extensions;  // CloudEvents attributes; need a source
};

// What became of an event.
struct ProducerEnd {
  std::string id;
  bool accepted = false;
  std::string rule;    // why it was given up: "refused", "max_attempts", "max_seconds", "schedule", "retry_after"
  int status = 0;      // of the last answer; 0: there was none
  std::string answer;  // its body (problem details), or what kept it from being answered
};

struct ProducerOptions {
  std::string gateway_url = "http://127.0.0.1:9600";
  std::string key;      // certes_…; may be empty (--dev)
  std::string ca_file;  // authorities for https; empty: the system's
  // A directory, of this producer alone; it is made. Empty: events are kept in memory, and end with the program.
  std::string spool;
  std::size_t max_events = 1'000'000;  // in the spool, rejected ones included
  std::size_t max_bytes = std::size_t{1} << 30;
  std::size_t max_event_bytes = 1u << 20;  // of data
  std::size_t connections = 4;             // requests at once
  std::size_t batch_events = 100;          // most in one request
  Millis request_timeout{30'000};

  // Nearest wins: event type, source, global. Left out: 0.5 s, doubling to a minute, without end.
  std::unique_ptr<backoff::Policy> policy;
  std::map<std::string, backoff::Policy> policy_of_type, policy_of_source;
  // Where those of the installation are read, once a minute; what it says goes before the three above.
  std::string api_url;          // Master API; empty: not read
  std::string api_policy_name;  // of the global one; empty: `policy`

  metrics::Metrics* metrics = nullptr;             // outlives the producer; none: not counted
  std::function<void(const ProducerEnd&)> on_end;  // on the producer's thread; must not block
};

struct ProducerStatus {
  std::size_t waiting = 0;   // events that the gateway has not accepted yet
  std::size_t rejected = 0;  // given up, and kept in the spool
  std::size_t bytes = 0;     // of both
  std::string last_error;    // of the last request that failed; empty since one went well
};

struct RejectedEvent {
  std::int64_t number = 0;  // in the spool
  std::string id, type, source;
  ProducerEnd end;
};

class Producer {
 public:
  // Errors: invalid (an option), conflict (another process has the spool), unavailable (the disk).
  static Result<std::unique_ptr<Producer>> open(ProducerOptions options);
  ~Producer();  // as close(0)
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // The event's id, when it is durable. Errors: invalid (with the member at fault), too_large, busy (the spool is full:
  // try again later), unavailable (the disk took nothing), unknown_outcome (the disk failed; open it again).
  Result<std::string> publish(ProducerEvent event);
  // All of them or none, in order.
  Result<std::vector<std::string>> publish(std::vector<ProducerEvent> events);

  ProducerStatus status() const;
  // Rejected events above `after`, in order; back to sending; forgotten. not_found.
  Result<std::vector<RejectedEvent>> rejected(std::int64_t after = 0, std::size_t limit = 100);
  Result<void> retry_rejected(std::int64_t number);
  Result<void> drop_rejected(std::int64_t number);

  // Whether nothing waits any more; waits for that until `limit` has passed.
  bool wait_until_sent(Millis limit);
  // Takes nothing more and sends what it can within `limit`. How many are left: in a directory they wait for the next
  // producer, in memory they are lost.
  std::size_t close(Millis limit);

 private:
  class Impl;
  explicit Producer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes
