#pragma once
// Clients: who and where a client is that may stand behind proxies (gateway.trusted_proxies): whom a request is from,
// whether that one needs a key, what URL it called. X-Forwarded-* are anybody's to write: they count from trusted
// proxies only. Who: both listeners, the verifiers of schemes that sign the URL. Immutable; any thread.

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/http/networks.hpp"
#include "common/http/server.hpp"

namespace certes::gateway {

class Clients {
 public:
  // load() has checked the networks.
  Clients(const config::Settings& settings);  // NOLINT(google-explicit-constructor): for who asks once

  // The peer, or whom a trusted proxy names in X-Forwarded-For; empty where that is no address. A view into the
  // request.
  std::string_view address_of(const http::Request& request) const;
  // In --dev: a client on loopback or in allow_from.
  bool needs_no_key(const http::Request& request) const;
  bool is_trusted_proxy(std::string_view peer) const { return proxies_.contains(peer); }
  // What the client called on the gateway's listener, with the query: X-Forwarded-Proto and -Host of a trusted proxy,
  // else this listener's own scheme and Host. Error: unauthenticated, a trusted proxy says what cannot be one; its
  // pointer is the header.
  Result<std::string> url_of(const http::Request& request) const;

 private:
  http::Networks proxies_, no_key_;
  std::string_view own_scheme_;
};

}  // namespace certes::gateway
