// The rows of the table of routes.

#include <algorithm>

#include "api/audit_routes.hpp"
#include "api/dead_letter_routes.hpp"
#include "api/endpoint_actions.hpp"
#include "api/event_types.hpp"
#include "api/key_actions.hpp"
#include "api/resources.hpp"
#include "gateway/access/access.hpp"
#include "gateway/desk.hpp"

namespace certes::gateway {
namespace {

using http::Exchange;
using http::Request;
using ingest::Desk;

constexpr bool kTakesIn = true;
constexpr bool kLengthy = true;

void publish(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.intake.publish(request, visit, std::move(exchange));
}

void webhook(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.intake.webhook(request, visit, std::move(exchange));
}

void handshake(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.intake.handshake(request, visit, std::move(exchange));
}

void stream(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.streams.show(request, visit, std::move(exchange));
}

void take_line(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.streams.take_line(request, visit, std::move(exchange));
}

void accept_command(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.commands.accept(request, visit, std::move(exchange));
}

void show_command(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.commands.show(request, visit, std::move(exchange));
}

void take_result(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.commands.take_result(request, visit, std::move(exchange));
}

void show_reply_secret(Desk& desk, const Request& request, const Visit& visit, Exchange exchange) {
  desk.commands.show_secret(request, visit, std::move(exchange));
}

using Table = std::vector<Route>;

void add_pages(Table& table, Listener listener) {
  constexpr const char* kSummaries[] = {"Whether the process lives", "Whether it is ready to serve", "Its metrics"};
  for (const auto& [page, path] : http::kPages) {
    const bool metrics = page == http::Page::metrics;
    table.push_back({listener, "GET", path, metrics ? Access::metrics : Access::open, metrics ? "metrics:read" : "",
                     page, kSummaries[static_cast<std::size_t>(page)]});
  }
}

void add_gateway(Table& table) {
  const auto add = [&](const char* method, const char* pattern, Access access, const char* scope, IngestHandler handler,
                       const char* summary, bool takes_in = false) {
    table.push_back({Listener::gateway, method, pattern, access, scope, handler, summary, takes_in});
  };
  constexpr Access key = Access::key, source = Access::source;
  add("POST", "/events", key, "events:write", publish, "Publish events", kTakesIn);
  add("POST", "/t/{tenant}/events", key, "events:write", publish, "Publish a tenant's events", kTakesIn);
  for (const char* pattern : {"/events/{source}", "/t/{tenant}/events/{source}"}) {
    add("POST", pattern, source, "events:write", webhook, "Take a source's webhook", kTakesIn);
    add("GET", pattern, source, "events:write", handshake, "Answer a provider's challenge");
    add("OPTIONS", pattern, source, "events:write", handshake, "Answer a provider's challenge");
  }
  add("POST", "/commands/{name}", key, "commands:write", accept_command, "Send a command", kTakesIn);
  add("GET", "/commands/{id}", key, "commands:read", show_command, "What became of a command");
  add("POST", "/commands/{id}/result", key, "commands:write", take_result, "Post a command's result", kTakesIn);
  add("POST", "/commands/reply-secret", key, "commands:write", show_reply_secret, "What replies are signed with");
  add("POST", "/logs/{key}", key, "logs:write", take_line, "Show a log line to those who watch");
  add("GET", "/stream", key, "stream:read", stream, "Watch what comes");
  add("GET", "/t/{tenant}/stream", key, "stream:read", stream, "Watch what comes for a tenant");
}

// A kind of resource: its name in paths, in scopes, and in words.
struct KindRow {
  const char *kind, *scope, *one;
};

constexpr KindRow kKinds[] = {{"tenants", "tenants", "tenant"},
                              {"sources", "sources", "source"},
                              {"endpoints", "endpoints", "endpoint"},
                              {"subscriptions", "subscriptions", "subscription"},
                              {"event-types", "schemas", "event type"},
                              {"backoff-policies", "backoffs", "back-off policy"},
                              {"keys", "keys", "key"}};

Route api_route(const char* method, const std::string& pattern, std::string scope, ApiHandler handler,
                std::string summary, bool lengthy = false) {
  return {Listener::api,
          method,
          std::string(kApiRoot) + pattern,
          Access::key,
          std::move(scope),
          handler,
          std::move(summary),
          false,
          lengthy};
}

void add_kind(Table& table, const KindRow& row) {
  const api::KindHandlers handlers = api::handlers_of(row.kind);
  const std::string all = std::string("/") + row.kind, one = all + "/{id}", what = row.one;
  const std::string read = std::string(row.scope) + ":read", write = std::string(row.scope) + ":write";
  table.push_back(api_route("GET", all, read, handlers.list, std::string("List ") + row.kind));
  table.push_back(api_route("GET", one, read, handlers.show, "Show one " + what));
  table.push_back(api_route("POST", all, write, handlers.create, "Create one " + what));
  table.push_back(api_route("PUT", one, write, handlers.replace, "Create or replace one " + what));
  table.push_back(api_route("PATCH", one, write, handlers.merge, "Change one " + what));
  table.push_back(api_route("DELETE", one, write, handlers.remove, "Delete one " + what));
}

void add_api(Table& table) {
  for (const KindRow& row : kKinds) add_kind(table, row);
  const auto add = [&](const char* method, const char* pattern, const char* scope, ApiHandler handler,
                       const char* summary, bool lengthy = false) {
    table.push_back(api_route(method, pattern, scope, handler, summary, lengthy));
  };
  add("POST", "/endpoints/{id}/pause", "endpoints:write", api::pause_endpoint, "Send an endpoint nothing for now");
  add("POST", "/endpoints/{id}/resume", "endpoints:write", api::resume_endpoint, "Send to it again");
  add("POST", "/endpoints/{id}/rotate-secret", "endpoints:write", api::rotate_secret, "Give it a new secret");
  add("GET", "/event-types/{id}/versions", "schemas:read", api::list_versions, "List the versions of a schema");
  add("GET", "/event-types/{id}/versions/{version}", "schemas:read", api::show_version, "Show one version");
  add("POST", "/keys/{id}/rotate", "keys:write", api::rotate_key, "Give a key a new text");
  add("GET", "/dead-letters", "dead-letters:read", api::list_dead_letters, "List dead letters", kLengthy);
  add("GET", "/dead-letters/{id}", "dead-letters:read", api::show_dead_letter, "Show one dead letter", kLengthy);
  add("POST", "/dead-letters/replay", "dead-letters:write", api::replay_dead_letters, "Send dead letters again",
      kLengthy);
  add("POST", "/dead-letters/{id}/replay", "dead-letters:write", api::replay_dead_letter, "Send one again", kLengthy);
  add("GET", "/audit", "audit:read", api::list_audit, "List who changed what", kLengthy);
}

Table make_table() {
  Table table;
  add_gateway(table);
  add_pages(table, Listener::gateway);
  add_api(table);
  add_pages(table, Listener::api);
  return table;
}

}  // namespace

std::span<const Route> routes() {
  static const Table table = make_table();
  return table;
}

std::vector<const Route*> routes_of(Listener listener) {
  std::vector<const Route*> found;
  for (const Route& route : routes())
    if (route.listener == listener) found.push_back(&route);
  return found;
}

const Route* find_route(Listener listener, std::string_view method, std::string_view pattern) {
  const auto found = std::ranges::find_if(routes(), [&](const Route& route) {
    return route.listener == listener && route.method == method && route.pattern == pattern;
  });
  return found == routes().end() ? nullptr : &*found;
}

}  // namespace certes::gateway
