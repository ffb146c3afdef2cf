#pragma once
// The routes of both listeners, and what each asks of its caller: the one table that the servers register from, so that
// there is no route without an answer to who may use it. Who: Gateway, Api, and the test that walks every route with
// every kind of key. Immutable; any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "common/http/server.hpp"

namespace certes::gateway {

inline constexpr std::string_view kApiRoot = "/api/v1";

enum class Listener : std::uint8_t { gateway, api };

enum class Access : std::uint8_t {
  open,    // everybody
  key,     // a key with the scope
  source,  // POST as the source's scheme verifies (where that is a key, with the scope), GET and OPTIONS its challenge
};

struct RouteAccess {
  Listener listener;
  std::string_view method;
  std::string_view pattern;  // of the API: below /api/v1, unless open
  Access access;
  std::string_view scope = {};
  bool lengthy = false;  // reads much of the log: has workers of its own
};

inline constexpr RouteAccess kRoutes[] = {
    {Listener::gateway, "GET", "/health/live", Access::open},
    {Listener::gateway, "GET", "/health/ready", Access::open},
    {Listener::gateway, "GET", "/metrics", Access::open},
    {Listener::gateway, "POST", "/events", Access::key, "events:write"},
    {Listener::gateway, "POST", "/t/{tenant}/events", Access::key, "events:write"},
    {Listener::gateway, "POST", "/events/{source}", Access::source, "events:write"},
    {Listener::gateway, "POST", "/t/{tenant}/events/{source}", Access::source, "events:write"},
    {Listener::gateway, "GET", "/events/{source}", Access::source, "events:write"},
    {Listener::gateway, "GET", "/t/{tenant}/events/{source}", Access::source, "events:write"},
    {Listener::gateway, "OPTIONS", "/events/{source}", Access::source, "events:write"},
    {Listener::gateway, "OPTIONS", "/t/{tenant}/events/{source}", Access::source, "events:write"},
    {Listener::gateway, "POST", "/commands/{name}", Access::key, "commands:write"},
    {Listener::gateway, "GET", "/commands/{id}", Access::key, "commands:read"},
    {Listener::gateway, "POST", "/commands/{id}/result", Access::key, "commands:write"},
    {Listener::gateway, "POST", "/commands/reply-secret", Access::key, "commands:write"},
    {Listener::gateway, "POST", "/logs/{key}", Access::key, "logs:write"},
    {Listener::gateway, "GET", "/stream", Access::key, "stream:read"},
    {Listener::gateway, "GET", "/t/{tenant}/stream", Access::key, "stream:read"},

    {Listener::api, "GET", "/health/live", Access::open},
    {Listener::api, "GET", "/health/ready", Access::open},
    {Listener::api, "GET", "/metrics", Access::open},

    {Listener::api, "GET", "/tenants", Access::key, "tenants:read"},
    {Listener::api, "GET", "/tenants/{id}", Access::key, "tenants:read"},
    {Listener::api, "POST", "/tenants", Access::key, "tenants:write"},
    {Listener::api, "PUT", "/tenants/{id}", Access::key, "tenants:write"},
    {Listener::api, "PATCH", "/tenants/{id}", Access::key, "tenants:write"},
    {Listener::api, "DELETE", "/tenants/{id}", Access::key, "tenants:write"},

    {Listener::api, "GET", "/sources", Access::key, "sources:read"},
    {Listener::api, "GET", "/sources/{id}", Access::key, "sources:read"},
    {Listener::api, "POST", "/sources", Access::key, "sources:write"},
    {Listener::api, "PUT", "/sources/{id}", Access::key, "sources:write"},
    {Listener::api, "PATCH", "/sources/{id}", Access::key, "sources:write"},
    {Listener::api, "DELETE", "/sources/{id}", Access::key, "sources:write"},

    {Listener::api, "GET", "/endpoints", Access::key, "endpoints:read"},
    {Listener::api, "GET", "/endpoints/{id}", Access::key, "endpoints:read"},
    {Listener::api, "GET", "/endpoints/{id}/stats", Access::key, "endpoints:read"},
    {Listener::api, "POST", "/endpoints", Access::key, "endpoints:write"},
    {Listener::api, "PUT", "/endpoints/{id}", Access::key, "endpoints:write"},
    {Listener::api, "PATCH", "/endpoints/{id}", Access::key, "endpoints:write"},
    {Listener::api, "DELETE", "/endpoints/{id}", Access::key, "endpoints:write"},
    {Listener::api, "POST", "/endpoints/{id}/pause", Access::key, "endpoints:write"},
    {Listener::api, "POST", "/endpoints/{id}/resume", Access::key, "endpoints:write"},
    {Listener::api, "POST", "/endpoints/{id}/rotate-secret", Access::key, "endpoints:write"},
    {Listener::api, "POST", "/endpoints/{id}/test", Access::key, "endpoints:write"},
    {Listener::api, "POST", "/endpoints/{id}/purge", Access::key, "endpoints:write"},

    {Listener::api, "GET", "/subscriptions", Access::key, "subscriptions:read"},
    {Listener::api, "GET", "/subscriptions/{id}", Access::key, "subscriptions:read"},
    {Listener::api, "POST", "/subscriptions", Access::key, "subscriptions:write"},
    {Listener::api, "PUT", "/subscriptions/{id}", Access::key, "subscriptions:write"},
    {Listener::api, "PATCH", "/subscriptions/{id}", Access::key, "subscriptions:write"},
    {Listener::api, "DELETE", "/subscriptions/{id}", Access::key, "subscriptions:write"},

    {Listener::api, "GET", "/event-types", Access::key, "schemas:read"},
    {Listener::api, "GET", "/event-types/{id}", Access::key, "schemas:read"},
    {Listener::api, "POST", "/event-types", Access::key, "schemas:write"},
    {Listener::api, "PUT", "/event-types/{id}", Access::key, "schemas:write"},
    {Listener::api, "PATCH", "/event-types/{id}", Access::key, "schemas:write"},
    {Listener::api, "DELETE", "/event-types/{id}", Access::key, "schemas:write"},
    {Listener::api, "GET", "/event-types/{id}/versions", Access::key, "schemas:read"},
    {Listener::api, "GET", "/event-types/{id}/versions/{version}", Access::key, "schemas:read"},

    {Listener::api, "GET", "/backoff-policies", Access::key, "backoffs:read"},
    {Listener::api, "GET", "/backoff-policies/{id}", Access::key, "backoffs:read"},
    {Listener::api, "POST", "/backoff-policies", Access::key, "backoffs:write"},
    {Listener::api, "PUT", "/backoff-policies/{id}", Access::key, "backoffs:write"},
    {Listener::api, "PATCH", "/backoff-policies/{id}", Access::key, "backoffs:write"},
    {Listener::api, "DELETE", "/backoff-policies/{id}", Access::key, "backoffs:write"},

    {Listener::api, "GET", "/keys", Access::key, "keys:read"},
    {Listener::api, "GET", "/keys/{id}", Access::key, "keys:read"},
    {Listener::api, "POST", "/keys", Access::key, "keys:write"},
    {Listener::api, "PUT", "/keys/{id}", Access::key, "keys:write"},
    {Listener::api, "PATCH", "/keys/{id}", Access::key, "keys:write"},
    {Listener::api, "DELETE", "/keys/{id}", Access::key, "keys:write"},
    {Listener::api, "POST", "/keys/{id}/rotate", Access::key, "keys:write"},

    {Listener::api, "GET", "/dead-letters", Access::key, "dead-letters:read", true},
    {Listener::api, "GET", "/dead-letters/{id}", Access::key, "dead-letters:read", true},
    {Listener::api, "POST", "/dead-letters/replay", Access::key, "dead-letters:write", true},
    {Listener::api, "POST", "/dead-letters/{id}/replay", Access::key, "dead-letters:write", true},

    {Listener::api, "GET", "/audit", Access::key, "audit:read", true},
};

// The row of a route; null: there is none.
constexpr const RouteAccess* find_route(Listener listener, std::string_view method, std::string_view pattern) {
  for (const RouteAccess& route : kRoutes)
    if (route.listener == listener && route.method == method && route.pattern == pattern) return &route;
  return nullptr;
}

// The scope that a route asks for. Throws std::logic_error, as registering does, where the table lacks the route.
std::string_view scope_of(Listener listener, std::string_view method, std::string_view pattern);

// A server that takes only routes of the table. The rest is http::Server's.
class Routes {
 public:
  Routes(http::ServerOptions options, Listener listener) : server_(std::move(options)), listener_(listener) {}

  void direct(std::string method, std::string pattern, std::function<http::DirectHandler(http::Loop&)> make);
  // `share`: on the loop's thread, whose share of the workers a request takes; none: nobody's.
  void pooled(std::string method, std::string pattern, http::PooledHandler handler,
              std::function<std::string(const http::Request&)> share = {});

  void on_finished(std::function<void(std::string_view route, int status, std::chrono::microseconds)> observer) {
    server_.on_finished(std::move(observer));
  }
  Result<void> start() { return server_.start(); }
  std::uint16_t port() const { return server_.port(); }
  std::string address() const { return server_.address(); }
  void stop(Millis limit) { server_.stop(limit); }
  http::ServerStats stats() const { return server_.stats(); }
  // For its certificate, and for the pages that are open to all (kRoutes has them).
  http::Server& server() { return server_; }

 private:
  http::Server server_;
  Listener listener_;
};

}  // namespace certes::gateway
