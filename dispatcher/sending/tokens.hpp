#pragma once
// Tokens: gets the OAuth2 access tokens that endpoints' requests are sent with (client credentials, RFC 6749, 4.4): one
// request at a time for each endpoint, whatever waits for it. They are in memory alone, one for each version of an
// endpoint that there is. Who: Attempts. Confined to the core loop. docs/authentication.md tells users.

#include <cstdint>
#include <string>
#include <unordered_map>

#include "dispatcher/endpoint/endpoints.hpp"
#include "dispatcher/ports.hpp"

namespace certes::dispatcher {

class Tokens {
 public:
  // All outlive it.
  Tokens(Transfers& transfers, Endpoints& endpoints, Observer& observer, const Clock& clock)
      : transfers_(transfers), endpoints_(endpoints), observer_(observer), clock_(clock) {}

  // How it stands with the endpoint's token. Where there is none, or it is time for another, that is asked for.
  // Precondition: its target has OAuth2.
  Token::Standing look_after(Endpoint& endpoint);
  // How long what waits for its token rests, unless that comes before.
  Millis wait_of(const Endpoint& endpoint) const;
  // False: it is no answer to a request of these.
  bool on_result(const http::TransferResult& result);

 private:
  void ask(Endpoint& endpoint);
  void take(Endpoint& endpoint, const http::TransferResult& result);

  Transfers& transfers_;
  Endpoints& endpoints_;
  Observer& observer_;
  const Clock& clock_;
  std::uint64_t next_ = 0;
  std::unordered_map<std::uint64_t, std::string> asked_;  // endpoints' keys, by the requests that are out
};

}  // namespace certes::dispatcher
