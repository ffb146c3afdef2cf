#pragma once
// The gateway role: ingest listener (9600) and, unless disabled, the Master API (9610), over a log and a registry that
// the caller made. Who: certes serve, certes gateway, certes api.
// A listener is bound once, with all its routes, before the log is reached: until open() every route but health and
// metrics answers 503 not-accepted. start, open and stop: from one thread.

#include <atomic>
#include <memory>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/client/sender.hpp"
#include "common/http/server/server.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"
#include "common/registry/registry.hpp"
#include "gateway/access/clients.hpp"

namespace certes::gateway {

// What a listener needs before the log is reached.
struct Frame {
  const config::Settings& settings;
  metrics::Metrics& metrics;
  const Clock& clock;
  const std::atomic<bool>* leaving = nullptr;  // as Dependencies::leaving
};

struct Dependencies {
  const config::Settings& settings;
  log::Log& log;
  registry::Registry& registry;
  const crypto::Sealer& sealer;
  metrics::Metrics& metrics;
  const Clock& clock;
  const http::AddressPolicy& addresses;  // for endpoint URLs
  // Set before the process leaves: it is not ready any more, while it still serves. May be null.
  const std::atomic<bool>* leaving = nullptr;

  Frame frame() const { return {settings, metrics, clock, leaving}; }
};

// Ingest.
class Gateway {
 public:
  explicit Gateway(Frame frame);
  explicit Gateway(Dependencies dependencies);  // opened already
  ~Gateway();
  Result<void> start();  // binds; conflict where the port is in use
  // From here on requests are served. Once; what is in it outlives this.
  void open(Dependencies dependencies);
  // Why it is not ready, if it is not. Any thread, does not block.
  std::optional<std::string> not_ready() const;
  // Whether it knows what was accepted before it started (log::Log::exact_deduplication: at once). It accepts all the
  // while; it is not ready before. Not before open(). Any thread.
  bool warm() const;
  std::string address() const;
  http::Server& server();   // for its certificate
  void stop(Millis limit);  // stops accepting, waits for pending appends, answers them
 private:
  class Services;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Master API: resources, dead letters.
class Api {
 public:
  explicit Api(Frame frame);
  explicit Api(Dependencies dependencies);
  ~Api();
  Result<void> start();
  void open(Dependencies dependencies);
  std::optional<std::string> not_ready() const;
  std::string address() const;
  http::Server& server();
  void stop(Millis limit);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Who calls, decided from Authorization and, in --dev, from where: clients on loopback and in allow_from need no key.
// Asked by the Door, which also sees that a request without a key was meant.
struct Caller {
  std::string key;  // id of the key; "dev" without one
  std::string tenant = "default";
  std::vector<std::string> scopes;   // "*": all
  std::vector<std::string> sources;  // that it is bound to
  UnixMillis expires_at = 0;         // of the text it came with; 0: never. It gives no key that is good for longer
  double rate_per_second = 0;        // 0: no limit. It gives no key that may do more
  bool keyless = false;              // --dev: what it gives is good for a day
  bool allowed(std::string_view scope) const;
  bool bound_to(std::string_view source) const;
};
Result<Caller> authenticate(const http::Request& request, const registry::State& state, const Clients& clients,
                            const Clock& clock);

// Whether the caller may act for that tenant: its own; for the default tenant's keys any that there is, with the scope
// tenants:read or, where it `writes`, tenants:write. Errors: forbidden; not_found, where it may but there is none.
Result<void> may_act_for(const Caller& caller, std::string_view tenant, bool writes, const registry::State& state);

}  // namespace certes::gateway
