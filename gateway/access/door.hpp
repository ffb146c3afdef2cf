#pragma once
// Door: who is let in at which route, the same for all that ask for a key: is the registry there; a request without a
// key, in --dev, is no web page's and no stranger's behind a proxy; the key; its scope; for which tenant it may act.
// Rates are asked behind it (ingest/gate.hpp). Who: ingest/desk, api/call. Confined to one thread: it remembers the
// last caller, so that a producer on one connection is looked up once a second.

#include <optional>
#include <string_view>

#include "common/http/server/local_requests.hpp"
#include "gateway/access/callers.hpp"
#include "gateway/access/dependencies.hpp"
#include "gateway/access/route.hpp"

namespace certes::gateway {

// One request that was let in. Valid while it is served.
struct Visit {
  const Route& route;
  registry::StatePtr state;
  const Caller* caller = nullptr;  // null: the route asks for none, or its source decides
  std::string_view tenant = {};    // for which it acts
  std::string_view named = {};     // what the path names besides: a source, a command, an id, a log
};

struct Refusal {
  Code code;
  http::Response answer;
};

class Door {
 public:
  Door(const Clients& clients, const Dependencies& dependencies);  // which outlive it
  Door(const Door&) = delete;
  Door& operator=(const Door&) = delete;

  // `tenant`: that the request names; nothing: the caller's. Nothing: let in, `visit` has been filled in.
  std::optional<Refusal> enter(const http::Request& request, std::optional<std::string_view> tenant, SteadyTime now,
                               Visit& visit);
  // The same for a route whose source wants a key: as a route of access `key`.
  std::optional<Refusal> ask_for_key(const http::Request& request, std::optional<std::string_view> tenant,
                                     SteadyTime now, Visit& visit);

  static Refusal refuse(const Error& error);
  // The log has not been reached since the start.
  static http::Response not_reached();

 private:
  const Clients& clients_;
  const Dependencies& dependencies_;
  Callers callers_;
};

}  // namespace certes::gateway
