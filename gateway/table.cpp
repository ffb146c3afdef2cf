#include "gateway/table.hpp"

#include "gateway/desk.hpp"

namespace certes::gateway {
namespace {

using http::Exchange;
using http::Request;
using ingest::Desk;

constexpr bool kTakesIn = true;

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

std::vector<IngestRow> make_table() {
  std::vector<IngestRow> table;
  const auto add = [&](const char* method, const char* pattern, Access access, const char* scope, IngestHandler handler,
                       const char* summary, bool takes_in = false) {
    table.push_back({{method, pattern, access, scope, summary, takes_in}, handler});
  };
  constexpr Access key = Access::key, source = Access::source;
  add("POST", "/events", key, "events:write", publish, "Publish events", kTakesIn);
  add("POST", "/t/{tenant}/events", key, "events:write", publish, "Publish a tenant's events", kTakesIn);
  for (const char* pattern : {"/events/{source}", "/t/{tenant}/events/{source}"}) {
    add("POST", pattern, source, "events:write", webhook, "Take a source's webhook", kTakesIn);
    add("GET", pattern, source, "events:write", handshake, "Answer a provider's challenge");
    add("OPTIONS", pattern, source, "events:write", handshake, "Answer a provider's challenge");
  }
  add("POST", "/commands/{command}", key, "commands:write", accept_command, "Send a command", kTakesIn);
  add("GET", "/commands/{command}", key, "commands:read", show_command, "What became of a command");
  add("POST", "/commands/{command}/result", key, "commands:write", take_result, "Post a command's result", kTakesIn);
  add("POST", "/commands/reply-secret", key, "commands:write", show_reply_secret, "What replies are signed with");
  add("POST", "/logs/{key}", key, "logs:write", take_line, "Show a log line to those who watch");
  add("GET", "/stream", key, "stream:read", stream, "Watch what comes");
  add("GET", "/t/{tenant}/stream", key, "stream:read", stream, "Watch what comes for a tenant");
  add_pages(table);
  return table;
}

}  // namespace

std::span<const IngestRow> routes() {
  static const std::vector<IngestRow> table = make_table();
  return table;
}

}  // namespace certes::gateway
