#pragma once
// Refusals: what somebody may have to be told of what a loop refuses: it is counted, a line a minute says so, it is
// remembered for who asks (RefusedRequests), and where somebody subscribes to it an event about Certes is published,
// once in ten minutes for each source and reason, however often it is caused. Nothing waits for that event: what the
// log does not take is lost, and counted. Who: Intake and Gate, one per loop. Confined to its loop.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/ids.hpp"
#include "common/event/notice.hpp"
#include "common/event/notice_spans.hpp"
#include "common/http/server/server.hpp"
#include "gateway/access/clients.hpp"
#include "gateway/access/dependencies.hpp"
#include "gateway/ingest/ingest_metrics.hpp"
#include "gateway/ingest/refused_requests.hpp"

namespace certes::gateway::ingest {

class Refusals {
 public:
  using Publish = std::function<void(log::Record&&)>;
  // What was refused, and why. `place`: the header or JSON pointer at fault; empty: none. `request`: null: it is not at
  // hand.
  struct Refused {
    std::string_view tenant, source;
    std::string_view reason, why;
    std::string_view place = {};
    const http::Request* request = nullptr;
  };
  // All outlive it.
  Refusals(http::Loop& loop, const Dependencies& dependencies, IngestMetrics& metrics, RefusedRequests& remembered,
           Publish publish)
      : loop_(loop),
        dependencies_(dependencies),
        metrics_(metrics),
        remembered_(remembered),
        clients_(dependencies.settings),
        ids_(dependencies.clock),
        publish_(std::move(publish)) {}

  // Of a source that is there, or of POST /events (""): as IngestMetrics says.
  void refused(const Refused& refused);
  void looped(std::string_view tenant, std::string_view source, const http::Request& request);

 private:
  void remember(const Refused& refused);
  void tell(const event::Notice& notice, std::string_view of);
  bool wanted(const event::Notice& notice);

  http::Loop& loop_;
  const Dependencies& dependencies_;
  IngestMetrics& metrics_;
  RefusedRequests& remembered_;
  const Clients clients_;
  event::NoticeSpans said_;
  registry::StatePtr asked_;                      // of which it is known
  std::map<std::string, bool, std::less<>> has_;  // whether somebody takes it, by tenant and type
  IdGenerator ids_;
  const Publish publish_;
};

}  // namespace certes::gateway::ingest
