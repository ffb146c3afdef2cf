#pragma once
// Stream intake: one loop's GET /stream: who may watch, what, and from where on; and POST /logs/{key}, whose lines are
// only for those who watch. Who: Gateway, one per loop. Confined to its loop.

#include "common/base/ids.hpp"
#include "common/metrics/metrics.hpp"
#include "gateway/access/dependencies.hpp"
#include "gateway/access/door.hpp"
#include "gateway/stream/lines.hpp"
#include "gateway/stream/watchers.hpp"

namespace certes::gateway::ingest {

class StreamIntake {
 public:
  StreamIntake(http::Loop& loop, const Dependencies& dependencies, const Clients& clients, stream::Tail& tail,
               stream::Crowd& crowd, stream::Lines& lines);

  // GET /stream?kind=&pattern=, Last-Event-ID; GET /t/{tenant}/stream
  void show(const http::Request& request, const Visit& visit, http::Exchange exchange);
  // POST /logs/{key}
  void take_line(const http::Request& request, const Visit& visit, http::Exchange exchange);

 private:
  log::Record line_of(const http::Request& request, std::string_view key, const std::string& tenant);
  Result<stream::Positions> resume_from(const http::Request& request) const;
  std::function<bool()> still_allowed(const http::Request& request, const Visit& visit) const;

  const Dependencies& dependencies_;
  const Clients& clients_;
  stream::Lines& lines_;
  IdGenerator ids_;
  stream::Watchers watchers_;
  metrics::Counter carried_, let_go_;
};

}  // namespace certes::gateway::ingest
