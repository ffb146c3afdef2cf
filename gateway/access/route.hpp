#pragma once
// Route: one row of a listener's table of routes: what is called, what it asks of its caller. Everything that speaks of
// routes walks the tables: the servers register from them, the door asks what a row says, metrics are labelled by them,
// and the tests go through them row by row. Who: Gateway, Api, Door. Values. The rows stand in gateway/table.cpp and
// api/table.cpp.

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/http/server/pages.hpp"

namespace certes::gateway {

enum class Access : std::uint8_t {
  open,     // everybody
  key,      // a key with the scope
  any_key,  // a key, whatever its scopes: each part of what is asked for has its own
  source,   // POST as the source's scheme verifies (where that is a key, with the scope), GET and OPTIONS its challenge
  metrics,  // networks of metrics.allow_from, else a key with the scope (gateway/access/scrapers.hpp)
};

struct Route {
  std::string method, pattern;  // the path as it is called, with {names}
  Access access = Access::key;
  std::string scope;
  std::string summary;
  // Takes something in: refused while the log is behind, and counted against the sender's rates.
  bool takes_in = false;
  bool lengthy = false;  // reads topics, or changes much (http::PooledRoute)
  // Of its query, beside `tenant`; others are refused. The Master API's rows say them.
  std::vector<std::string> parameters = {};
  std::size_t max_body_bytes = 0;  // 0: the listener's
};

// A route and what serves it: a page that every listener has, or a handler of this listener's, of one of its forms.
template <class... Handlers>
struct Row : Route {
  std::variant<http::Page, Handlers...> handler;
};

// The pages of a listener, behind its own rows.
template <class... Handlers>
void add_pages(std::vector<Row<Handlers...>>& table) {
  constexpr const char* kSummaries[] = {"Whether the process lives", "Whether it is ready to serve", "Its metrics",
                                        "What a problem means"};
  for (const auto& [page, path] : http::kPages) {
    const bool metrics = page == http::Page::metrics;
    table.push_back({{"GET", path, metrics ? Access::metrics : Access::open, metrics ? "metrics:read" : "",
                      kSummaries[static_cast<std::size_t>(page)]},
                     page});
  }
}

}  // namespace certes::gateway
