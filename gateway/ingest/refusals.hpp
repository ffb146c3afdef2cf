#pragma once
// Refusals: what somebody may have to be told of what a loop refuses: it is counted, a line a minute says so, and where
// somebody subscribes to it an event about Certes is published, once in ten minutes for each source and reason, however
// often it is caused. Nothing waits for that event: what the log does not take is lost, and counted. Who: Intake and
// Gate, one per loop. Confined to its loop.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/ids.hpp"
#include "common/event/notice.hpp"
#include "common/event/notice_spans.hpp"
#include "common/http/server/server.hpp"
#include "gateway/access/dependencies.hpp"
#include "gateway/ingest/ingest_metrics.hpp"

namespace certes::gateway::ingest {

class Refusals {
 public:
  using Publish = std::function<void(log::Record&&)>;
  // All outlive it.
  Refusals(http::Loop& loop, const Dependencies& dependencies, IngestMetrics& metrics, Publish publish)
      : loop_(loop),
        dependencies_(dependencies),
        metrics_(metrics),
        ids_(dependencies.clock),
        publish_(std::move(publish)) {}

  // Of a source that is there, or of POST /events (""): as IngestMetrics says.
  void refused(std::string_view tenant, std::string_view source, std::string_view reason, std::string_view why);
  void looped(std::string_view tenant, std::string_view source);

 private:
  void tell(const event::Notice& notice, std::string_view of);
  bool wanted(const event::Notice& notice);

  http::Loop& loop_;
  const Dependencies& dependencies_;
  IngestMetrics& metrics_;
  event::NoticeSpans said_;
  registry::StatePtr asked_;                      // of which it is known
  std::map<std::string, bool, std::less<>> has_;  // whether somebody takes it, by tenant and type
  IdGenerator ids_;
  const Publish publish_;
};

}  // namespace certes::gateway::ingest
