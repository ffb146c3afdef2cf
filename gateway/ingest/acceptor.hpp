#pragma once
// Acceptor: takes events to the log and answers their request when the log has: 202 only after the acknowledgement,
// 503 not-accepted where surely nothing was stored, 503 outcome-unknown otherwise and after the durable timeout.
// Repeats of an append that is pending share its fate. Who: ingest, one per loop. Confined to its loop.

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "common/event/event.hpp"
#include "common/event/stamp.hpp"
#include "common/http/server/server.hpp"
#include "common/log/log.hpp"
#include "common/registry/resources.hpp"
#include "gateway/access/answers.hpp"
#include "gateway/ingest/accept_spans.hpp"
#include "gateway/ingest/admission.hpp"
#include "gateway/ingest/ingest_metrics.hpp"
#include "gateway/repeats/dedup_index.hpp"
#include "gateway/repeats/idempotency_index.hpp"
#include "gateway/repeats/redeliveries.hpp"

namespace certes::gateway::ingest {

class Acceptor {
 public:
  struct Options {
    Millis durable_timeout{2'500};
    std::size_t queue_bytes = 64u << 20;
  };
  // Shared by the loops. `dedup`: none where the log de-duplicates exactly. `redeliveries`: is told of repeats; may be
  // none. `registry`: events are stamped with it. `tracer`: gets spans; none: there are no traces.
  struct Shared {
    DedupIndex* dedup = nullptr;
    Redeliveries* redeliveries = nullptr;
    event::RegistryPosition registry = {};
    traces::Tracer* tracer = nullptr;
  };
  Acceptor(http::Loop& loop, log::Log& log, Shared shared, IngestMetrics& metrics, Options options);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Takes over an answer, and the right to give it. `partition`: where a single event was stored by this request; else
  // kAnyPartition.
  using Then = std::function<void(http::Exchange, http::Response&&, std::int32_t partition)>;
  // Where events go that have a place of their own, as commands have, and what comes after.
  struct Aim {
    std::int32_t partition = log::kAnyPartition;
    registry::EventKind kind = registry::EventKind::event;
    Then then;  // none: it is answered
  };
  // `reply`: to a single event; null: 202 and its id. `source`: for metrics. `claim`: keeps the answer of what is
  // durable.
  void accept(std::vector<event::Event>&& events, bool batch, std::shared_ptr<const Reply> reply,
              std::string_view source, http::Exchange exchange) {
    accept(std::move(events), batch, std::move(reply), source, std::move(exchange), Aim());
  }
  void accept(std::vector<event::Event>&& events, bool batch, std::shared_ptr<const Reply> reply,
              std::string_view source, http::Exchange exchange, Aim aim, IdempotencyIndex::Claim claim = {});
  // Why a raw webhook is kept as a dead letter.
  struct Why {
    std::string_view rule;
    std::string error;
  };
  // Keeps it so, and answers as accept.
  void quarantine(event::Event&& event, const Why& why, std::shared_ptr<const Reply> reply, std::string_view source,
                  http::Exchange exchange);
  // An event about Certes: nobody waits for it.
  void tell(log::Record&& notice);
  // What waits for the log.
  Admission::Waiting waiting();

 private:
  struct Request;
  struct Due {
    SteadyTime at;
    Request* request;
    std::uint64_t number;
  };

  void make_appender();
  void poll();
  Request& take(bool batch, std::shared_ptr<const Reply>&& reply, std::string_view source, http::Exchange exchange);
  bool fits(Request& request, const std::vector<log::Record>& records);
  void append(Request& request, std::size_t index, log::Record&& record, log::Topic topic = log::Topic::events);
  void repeated(const Request& request, std::size_t index, std::int32_t partition);
  void refused(Request& request, std::size_t index, const Error& error);
  void acknowledged(Request& request, std::size_t index, log::AppendResult&& result);
  void share_fate(Request& request, log::AppendOutcome outcome);
  void one_done(Request& request, log::AppendOutcome outcome);
  void settle(log::Identity identity, const log::AppendResult& result);
  static std::vector<std::string> duplicates(Request& request);
  void record_spans(Request& request);
  void finish(Request& request);
  void respond(Request& request, http::Response&& response);
  void forget_answered();
  void arm_timer();
  void on_timer();

  http::Loop& loop_;
  log::Log& log_;
  DedupIndex* const dedup_;
  Redeliveries* const redeliveries_;
  const event::RegistryPosition registry_;
  traces::Tracer* const tracer_;
  IngestMetrics& metrics_;
  const Options options_;
  const std::size_t max_record_bytes_;
  std::function<void()> wake_;
  std::unique_ptr<log::Appender> appender_;
  std::vector<std::unique_ptr<log::Appender>> retired_;  // can do no more, but still answer
  bool replace_appender_ = false;
  std::vector<std::unique_ptr<Request>> requests_;  // all, used again
  std::vector<Request*> free_;
  std::deque<Due> due_;  // in the order of their deadlines
  std::size_t pending_ = 0;
  SteadyTime acknowledged_at_{};  // whatever it was, the log spoke
  std::uint64_t next_number_ = 1;
  bool timer_armed_ = false;
};

}  // namespace certes::gateway::ingest
