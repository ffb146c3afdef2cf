#pragma once
// What is posted to a relay, read as a gateway reads it, and made ready for the spool. Who: Relay, one per loop of its
// server. Confined to its loop.

#include <string>
#include <vector>

#include "client/spool/item.hpp"
#include "common/base/ids.hpp"
#include "common/base/result.hpp"
#include "common/event/json_document.hpp"
#include "common/event/json_event.hpp"
#include "common/http/server/server.hpp"

namespace certes::client {

struct Published {
  std::vector<Item> items;
  std::vector<std::string> ids;  // the producer's; made where it gave none
  bool batch = false;
};

class RelayReader {
 public:
  RelayReader(const Clock& clock, std::size_t max_batch_events)
      : clock_(clock), max_batch_events_(max_batch_events), ids_(clock) {}

  // POST /events, of what is supported (event::unsupported, event::refuse_coding). Errors: those of
  // event::read_request; conflict: it has been here too often.
  Result<Published> events(const http::Request& request);
  // POST /events/{source}: the request as it is, but for what belongs to the connection. Errors: conflict, invalid, of
  // its hops.
  Result<Published> raw(const http::Request& request, std::string_view source);

 private:
  static Result<std::uint32_t> hops(const http::Request& request);
  void complete(event::Event& event);

  const Clock& clock_;
  const std::size_t max_batch_events_;
  IdGenerator ids_;
  event::JsonDocument document_;
  event::Incoming incoming_;
};

}  // namespace certes::client
