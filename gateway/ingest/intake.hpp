#pragma once
// Intake: one loop's way from a request that was let in to the log: what the Judge says of it, here or on a thread for
// heavy work, what follows from that, and then the Acceptor. Who: Desk, one per loop. Confined to its loop.

#include <memory>
#include <string>
#include <string_view>

#include "common/base/ids.hpp"
#include "gateway/access/dependencies.hpp"
#include "gateway/access/door.hpp"
#include "gateway/ingest/acceptor.hpp"
#include "gateway/ingest/gate.hpp"
#include "gateway/ingest/heavy_work.hpp"
#include "gateway/ingest/judge.hpp"
#include "gateway/ingest/refusals.hpp"
#include "gateway/ingest/waits.hpp"
#include "gateway/ingest/workplace.hpp"
#include "gateway/limits/unverified.hpp"
#include "gateway/webhook/prepared_sources.hpp"

namespace certes::gateway::ingest {

// Whose an Idempotency-Key is and what for: the same for all requests that it is meant for.
struct KeyUse {
  std::string_view tenant, route;
};

class Intake {
 public:
  // What the loops of a gateway share.
  struct Shared {
    Acceptor::Shared acceptor;
    IdempotencyIndex& idempotency;
    RateLimits& limits;
    Unverified& unverified;
    SchemaCache& schemas;
    HeavyWork& heavy;
    IngestMetrics& metrics;
    stream::Tail& tail;
    WaitingRoom& waiting;
    RefusedRequests& refused;
  };
  Intake(http::Loop& loop, const Dependencies& dependencies, Door& door, const Shared& shared);

  // POST /events, POST /t/{tenant}/events
  void publish(const http::Request& request, const Visit& visit, http::Exchange exchange);
  // POST /events/{source}, POST /t/{tenant}/events/{source}
  void webhook(const http::Request& request, const Visit& visit, http::Exchange exchange);
  // GET and OPTIONS of the same: a provider asks whether it may send.
  void handshake(const http::Request& request, const Visit& visit, http::Exchange exchange);
  // What a source's route would refuse by the header alone.
  std::optional<Refusal> look(const http::Request& head, const Visit& visit);

  // For what else its loop accepts.
  // What is answered at once, where the request has an Idempotency-Key and is not the first; else nothing, the claim,
  // and ids for the events that have none. Error: invalid.
  Result<std::optional<http::Response>> repeated(const http::Request& request, const Caller& caller, KeyUse use,
                                                 std::vector<event::Event>& events, IdempotencyIndex::Claim& claim);
  Acceptor& acceptor() { return acceptor_; }
  Gate& gate() { return gate_; }
  HeavyWork& heavy() { return heavy_; }
  Waits& waits() { return waits_; }

 private:
  // What the Judge says of it, at once or later, and what follows from that.
  void judge(const Matter& matter, http::Exchange exchange);
  void hand_over(const Matter& matter, http::Exchange exchange);
  void settle(const Matter& matter, Judgement&& judgement, http::Exchange exchange);
  void settle_webhook(const Matter& matter, Judgement&& judgement, http::Exchange exchange);
  void settle_published(const Matter& matter, Judgement&& judgement, http::Exchange exchange);
  void complete(const Matter& matter, event::Event& event);
  bool turned_away(const Matter& matter, http::Exchange& exchange);
  void not_verified(const Matter& matter, const NotVerified& failed, http::Exchange exchange);
  Unverified::Sender sender_of(const Matter& matter) const;
  std::optional<Refusal> ask_for_key(const http::Request& request, Visit& visit);
  void refuse(const Error& error, std::string_view tenant, std::string_view source, const http::Request& request,
              http::Exchange exchange);

  http::Loop& loop_;
  const Dependencies& dependencies_;
  Door& door_;
  IdempotencyIndex& idempotency_;
  Unverified& unverified_;
  HeavyWork& heavy_;
  IngestMetrics& metrics_;
  const Clients clients_;
  const Judge judge_;
  IdGenerator ids_;
  Refusals refusals_;
  Gate gate_;
  PreparedSources sources_;
  Workplace workplace_;
  Acceptor acceptor_;
  Waits waits_;
};

}  // namespace certes::gateway::ingest
