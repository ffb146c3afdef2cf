#pragma once
// Stream intake: one loop's GET /stream: who may watch, what, and from where on. Who: Gateway, one per loop. Confined
// to its loop.

#include "gateway/gateway.hpp"
#include "gateway/ingest/callers.hpp"
#include "gateway/stream/watchers.hpp"

namespace certes::gateway::ingest {

class StreamIntake {
 public:
  StreamIntake(http::Loop& loop, const Dependencies& dependencies, stream::Tail& tail, stream::Crowd& crowd);

  // GET /stream?kind=&pattern=, Last-Event-ID, where `tenant` is empty: the caller's; GET /t/{tenant}/stream
  void show(const http::Request& request, std::string_view tenant, http::Exchange exchange);

 private:
  Result<stream::Positions> resume_from(const http::Request& request) const;
  std::function<bool()> still_allowed(const http::Request& request, const Caller& caller, std::string tenant) const;

  http::Loop& loop_;
  const Dependencies& dependencies_;
  const Clients clients_;
  Callers callers_;
  stream::Watchers watchers_;
};

}  // namespace certes::gateway::ingest
