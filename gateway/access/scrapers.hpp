#pragma once
// Scrapers: who may see /metrics, which names tenants, endpoints and sources: clients in metrics.allow_from, and keys
// of the default tenant with metrics:read. A proxy that is not trusted speaks for it knows not whom: its requests need
// the key, and so do a web page's on loopback. On the listener of metrics.listen nobody is asked. Who: every listener
// of a gateway, Master API, dispatcher. Any thread; does not block.

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "common/config/settings.hpp"
#include "common/http/server/pages.hpp"
#include "gateway/access/caller.hpp"

namespace certes::gateway {

class Scrapers {
 public:
  Scrapers(const config::Settings& settings, const Clock& clock);
  // From here on keys are known. Once; the registry stays as long as this.
  void open(registry::Registry& registry) { registry_.store(&registry, std::memory_order_release); }
  // Nothing: it may. Else 401, 403, or 503 while keys are not known.
  std::optional<http::Response> refusal(const http::Request& request) const;

 private:
  bool from_allowed_network(const http::Request& request) const;

  const Clients clients_;
  const http::Networks allowed_;
  const Clock& clock_;
  std::atomic<registry::Registry*> registry_{nullptr};
};

// The pages of a listener whose metrics these may see; `not_ready` as in PageOptions. `scrapers` outlives them.
http::PageOptions pages_of(const config::Settings& settings, const Scrapers& scrapers,
                           std::function<std::optional<std::string>()> not_ready, std::function<void()> measure);

}  // namespace certes::gateway
