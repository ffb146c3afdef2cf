#pragma once
// Desk: what one loop of the gateway serves requests with, and the way of each to its handler: the gate (is anything
// taken in now), the door (who may), the rates, the handler. Who: Gateway, one per loop. Confined to its loop.

#include <optional>
#include <string>

#include "gateway/access/door.hpp"
#include "gateway/commands/command_intake.hpp"
#include "gateway/ingest/intake.hpp"
#include "gateway/stream/stream_intake.hpp"
#include "gateway/table.hpp"

namespace certes::gateway::ingest {

// What the desks of all loops share.
struct DeskShared {
  const Dependencies& dependencies;
  Intake::Shared intake;
  commands::Searcher& searcher;
  stream::Crowd& crowd;
  stream::Lines& lines;
};

struct Desk {
  Desk(http::Loop& loop, const DeskShared& shared);

  void serve(const Route& route, IngestHandler handler, const http::Request& request, http::Exchange exchange);
  // Before the body is there: what would be refused by the header alone.
  std::optional<http::Response> look(const Route& route, const http::Request& head);

  http::Loop& loop;
  const Dependencies& dependencies;
  IngestMetrics& metrics;
  const Clients clients;
  Door door;
  Intake intake;
  commands::CommandIntake commands;
  StreamIntake streams;

 private:
  std::optional<http::Response> refuse_coding(const Visit& visit, const http::Request& request);
  bool within_rates(const Visit& visit, http::Exchange& exchange);
  void count(const Visit& visit, Code code);
};

}  // namespace certes::gateway::ingest
