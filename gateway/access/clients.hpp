#pragma once
// Clients: who and where a client is that may stand behind proxies (gateway.trusted_proxies): whom a request is from,
// whether that one needs a key, what URL it called. X-Forwarded-* are anybody's to write: they count from trusted
// proxies only. Who: both listeners, the verifiers of schemes that sign the URL. Immutable; any thread.

#include <string>
#include <string_view>

#include "common/base/result.hpp"
#include "common/config/settings.hpp"
#include "common/http/networks.hpp"
#include "common/http/server/local_requests.hpp"
#include "common/http/server/server.hpp"

namespace certes::gateway {

class Clients {
 public:
  // load() has checked the networks. `scheme`: of the listener.
  Clients(const config::Settings& settings);  // NOLINT(google-explicit-constructor): for who asks once
  Clients(const config::Settings& settings, std::string_view scheme);

  // The peer, or whom a trusted proxy names in X-Forwarded-For; empty where that is no address. A view into the
  // request.
  std::string_view address_of(const http::Request& request) const;
  // In --dev: a client on loopback or in allow_from.
  bool needs_no_key(const http::Request& request) const;
  // Whether such a client's request without a key was meant by a program here: no web page's (http/local_requests.hpp),
  // and not passed on by a proxy that is not trusted to say for whom. Nothing to say of other requests. Error:
  // forbidden; its pointer is the header.
  Result<void> check_keyless(const http::Request& request) const;
  // The same of any request whose sender is believed for where it comes from: on loopback it may be a web page's, whose
  // name was made to lead here (DNS rebinding).
  Result<void> check_page(const http::Request& request) const;
  // It has a header by which a proxy says that it passes it on, and no trusted one says in X-Forwarded-For for whom.
  bool passed_on_by_stranger(const http::Request& request) const;
  bool is_trusted_proxy(std::string_view peer) const { return proxies_.contains(peer); }
  // What the client called on the gateway's listener, with the query: X-Forwarded-Proto and -Host of a trusted proxy,
  // else this listener's own scheme and Host. Error: unauthenticated, a trusted proxy says what cannot be one; its
  // pointer is the header.
  Result<std::string> url_of(const http::Request& request) const;

 private:
  http::Networks proxies_, no_key_;
  std::string_view own_scheme_;
  http::LocalRequests local_;
};

}  // namespace certes::gateway
