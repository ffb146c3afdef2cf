#pragma once
// Intake: one loop's way from a request to the log: who calls, what form it has, whether the source's signature holds,
// the event, and then the Acceptor. Who: Gateway, one per loop. Confined to its loop.

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "common/base/ids.hpp"
#include "common/event/json_document.hpp"
#include "common/event/json_event.hpp"
#include "gateway/door.hpp"
#include "gateway/gateway.hpp"
#include "gateway/ingest/acceptor.hpp"
#include "gateway/ingest/gate.hpp"
#include "gateway/ingest/prepared_source.hpp"
#include "gateway/ingest/type_check.hpp"
#include "gateway/ingest/waits.hpp"

namespace certes::gateway::ingest {

// Of what is published.
enum class Form : std::uint8_t { none, plain, structured, batch, binary };

// Whose an Idempotency-Key is and what for: the same for all requests that it is meant for.
struct KeyUse {
  std::string_view tenant, route;
};

class Intake {
 public:
  Intake(http::Loop& loop, const Dependencies& dependencies, Door& door, Acceptor::Shared shared,
         IdempotencyIndex& idempotency, RateLimits& limits, SchemaCache& schemas, IngestMetrics& metrics,
         stream::Tail& tail, WaitingRoom& waiting);

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
  Waits& waits() { return waits_; }

 private:
  Result<void> read_published(Form form, const http::Request& request);
  Result<void> complete(event::Event& event, const http::Request& request, std::string_view tenant,
                        std::string_view type_place);
  std::optional<Refusal> ask_for_key(const http::Request& request, Visit& visit);
  Result<PreparedSource*> prepared(const std::shared_ptr<const registry::Source>& source);
  Result<void> read_webhook(PreparedSource& source, const http::Request& request);
  bool types_hold(Form form, const registry::StatePtr& state, http::Exchange& exchange);
  void refuse(const Error& error, std::string_view source, http::Exchange exchange);
  void refuse_webhook(const Error& error, const PreparedSource& source, http::Exchange exchange);

  http::Loop& loop_;
  const Dependencies& dependencies_;
  Door& door_;
  IdempotencyIndex& idempotency_;
  IngestMetrics& metrics_;
  const Clients clients_;
  IdGenerator ids_;
  Gate gate_;
  event::JsonDocument document_;
  event::Incoming incoming_;
  std::map<std::string, PreparedSource, std::less<>> sources_;  // by tenant/id
  TypeCheck types_;
  Acceptor acceptor_;
  Waits waits_;
};

}  // namespace certes::gateway::ingest
