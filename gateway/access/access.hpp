#pragma once
// The table of routes of both listeners: which there are, what each asks of its caller, what serves it. Everything that
// speaks of routes walks it: the servers register from it, the door asks what it says, metrics are labelled by it, and
// the tests go through it row by row. Who: Gateway, Api, Door. Immutable; any thread. The rows stand in table.cpp.

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/result.hpp"
#include "common/http/server/pages.hpp"
#include "common/http/server/server.hpp"

namespace certes::gateway {

namespace ingest {
struct Desk;
}
namespace api {
struct Call;
class Services;
}  // namespace api
struct Visit;

inline constexpr std::string_view kApiRoot = "/api/v1";

enum class Listener : std::uint8_t { gateway, api };

enum class Access : std::uint8_t {
  open,     // everybody
  key,      // a key with the scope
  source,   // POST as the source's scheme verifies (where that is a key, with the scope), GET and OPTIONS its challenge
  metrics,  // networks of metrics.allow_from, else a key with the scope (gateway/access/scrapers.hpp)
};

// On a loop, of the gateway's listener: must not block.
using IngestHandler = void (*)(ingest::Desk&, const http::Request&, const Visit&, http::Exchange);
// On a worker, of the Master API: may block.
using ApiHandler = Result<http::Response> (*)(const api::Call&, api::Services&);
using Handler = std::variant<http::Page, IngestHandler, ApiHandler>;

struct Route {
  Listener listener = Listener::gateway;
  std::string method, pattern;  // the path as it is called, with {names}
  Access access = Access::key;
  std::string scope;
  Handler handler;
  std::string summary;
  // Takes something in: refused while the log is behind, and counted against the sender's rates.
  bool takes_in = false;
  bool lengthy = false;  // reads topics (http::PooledRoute)
};

// Of both listeners; of one.
std::span<const Route> routes();
std::vector<const Route*> routes_of(Listener listener);
// Null: there is none.
const Route* find_route(Listener listener, std::string_view method, std::string_view pattern);

}  // namespace certes::gateway
