#pragma once
// Relay: a listener for producers on the same machine: 202 when an event is durable in the spool of its Pipeline, which
// forwards it to the gateway. Who: certes relay. Threads: made, started and stopped by one; requests run on the
// server's.
//
//   POST /events                     the forms of the gateway, checked
//   POST /events/{source}            raw webhooks (also /t/{tenant}/events/{source}), passed on as they are
//   GET  /status, /rejected          what waits, and what was given up
//   POST /rejected/{number}/retry    back to sending;  DELETE /rejected/{number}  forgotten
//   GET  /health/live, /health/ready, /metrics
//
// It asks for no key: who reaches the listener may use it, but for web pages and strangers behind a proxy (http/
// local_requests.hpp). Raw webhooks may come through a tunnel, under its name: of them only web pages are refused.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/pipeline.hpp"
#include "client/relay/relay_request.hpp"
#include "common/http/server/local_requests.hpp"
#include "common/http/server/pages.hpp"
#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::client {

struct RelayOptions {
  std::string listen = "127.0.0.1:9630";
  std::size_t max_body_bytes = (1u << 20) - 4'096;
  std::size_t max_batch_events = 1'000;
  std::size_t max_connections = 1'000;
  std::vector<std::string> hosts = {};  // names in Host besides those that are always good
};

class Relay {
 public:
  // All outlive the relay; the pipeline is closed after stop() and before the relay goes.
  Relay(RelayOptions options, Pipeline& pipeline, metrics::Metrics& metrics, const Clock& clock);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

  // Errors: as http::Server::start.
  Result<void> start();
  std::string address() const { return server_.address(); }
  // Accepts nothing more and answers what has been begun, within `limit`.
  void stop(Millis limit);

 private:
  void add_ingest();
  void add_raw(const char* pattern);
  void refuse(const Error& error, http::Exchange exchange);
  void refuse(http::Response&& answer, http::Exchange exchange);
  http::PageOptions page_options();
  void publish(Published&& published, http::Exchange exchange);

  const RelayOptions options_;
  Pipeline& pipeline_;
  const Clock& clock_;
  metrics::Counter accepted_, refused_;
  const http::LocalRequests local_;
  http::Server server_;
  http::Pages pages_;
};

// Inside client/relay: what is looked at, and done with rejected events; and errors as problem details.
void add_relay_pages(http::Server& server, Pipeline& pipeline, const http::LocalRequests& local);
http::Response relay_problem(const Error& error);
// A request that no program here has meant; nothing: it is none.
std::optional<http::Response> refuse_stranger(const http::Request& request, const http::LocalRequests& local);
http::Response not_local(const Error& error);

}  // namespace certes::client
