#pragma once
// RouteTable: which handler takes a method and path. Patterns are paths whose segments may be `{name}`; the most
// specific pattern that has the method wins. Who: the server. Filled before start, then read by all its threads.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/hash.hpp"
#include "common/http/server/server.hpp"

namespace certes::http {

struct Route {
  std::string method, pattern;
  std::vector<std::string> segments;           // of the pattern; "{}" takes any
  std::function<DirectHandler(Loop&)> make;    // direct routes
  PooledRoute pooled;                          // pooled routes: has a handler
  std::function<HeadCheck(Loop&)> make_check;  // may be empty
  std::size_t index = 0;                       // in the table
};

class RouteTable {
 public:
  void add(Route route);
  struct Match {
    const Route* route = nullptr;
    std::string allow;  // no route, but the path has other methods: these
  };
  Match find(std::string_view method, std::string_view path) const;
  const std::vector<Route>& all() const { return routes_; }

 private:
  std::vector<Route> routes_;
  // Indices of routes, most specific first. Patterns without `{name}` are found by hash.
  std::unordered_map<std::string, std::vector<std::size_t>, StringHash, std::equal_to<>> fixed_;
  std::vector<std::size_t> patterns_;
};

}  // namespace certes::http
