#include "gateway/desk.hpp"

#include "common/event/coding.hpp"
#include "gateway/access/answers.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr const char* kBadPath = "the path is not properly percent-encoded";

// What a path names, decoded.
struct Named {
  std::optional<std::string> tenant;
  std::string other;
};

// Nothing: the path is malformed.
std::optional<Named> named_in(const std::string& pattern, std::string_view path) {
  Named named;
  for (std::size_t at = pattern.find('{'); at != std::string::npos; at = pattern.find('{', at + 1)) {
    const std::string_view name = std::string_view(pattern).substr(at + 1, pattern.find('}', at) - at - 1);
    auto value = http::path_parameter(pattern, path, name);
    if (!value) return std::nullopt;
    if (name == "tenant")
      named.tenant = std::move(*value);
    else
      named.other = std::move(*value);
  }
  return named;
}

// The reason label of a refusal at the door.
std::string_view reason(Code code) {
  switch (code) {
    case Code::unauthenticated: return "unauthenticated";
    case Code::forbidden: return "forbidden";
    case Code::unavailable: return "not_accepted";
    case Code::not_found: return "unknown_tenant";
    default: return "invalid";
  }
}

}  // namespace

Desk::Desk(http::Loop& own_loop, const DeskShared& shared)
    : loop(own_loop),
      dependencies(shared.dependencies),
      metrics(shared.intake.metrics),
      clients(shared.dependencies.settings),
      door(clients, dependencies),
      intake(loop, dependencies, door, shared.intake),
      commands(loop, dependencies, intake, shared.searcher, metrics),
      streams(loop, dependencies, clients, shared.intake.tail, shared.crowd, shared.lines) {}

void Desk::serve(const Route& route, IngestHandler handler, const http::Request& request, http::Exchange exchange) {
  if (route.takes_in && intake.gate().shut(intake.acceptor().waiting(), exchange)) return;
  const auto named = named_in(route.pattern, request.path);
  if (!named) return exchange.respond(answer({Code::invalid, kBadPath}));
  Visit visit{route, dependencies.registry.state(), nullptr, {}, named->other};
  if (auto refusal = door.enter(request, named->tenant, loop.now(), visit)) {
    count(visit, refusal->code);
    return exchange.respond(std::move(refusal->answer));
  }
  if (auto refused = refuse_coding(visit, request)) return exchange.respond(std::move(*refused));
  if (!within_rates(visit, exchange)) return;
  handler(*this, request, visit, std::move(exchange));
}

// A source's webhooks alone may be packed: they travel on so.
std::optional<http::Response> Desk::refuse_coding(const Visit& visit, const http::Request& request) {
  if (visit.route.access == Access::source) return std::nullopt;
  const auto error = event::refuse_coding(event::content_coding(request.headers));
  if (!error) return std::nullopt;
  metrics.rejected(visit.tenant, "", "unsupported_media_type");
  return unsupported_media_type(*error);
}

// Of a route whose source decides, the source's handler asks.
bool Desk::within_rates(const Visit& visit, http::Exchange& exchange) {
  if (!visit.route.takes_in || visit.caller == nullptr) return true;
  const Caller& own = *visit.caller;
  return !intake.gate().over_rate(visit.state, {visit.tenant, own.tenant, own.key, ""}, exchange);
}

std::optional<http::Response> Desk::look(const Route& route, const http::Request& head) {
  const auto named = named_in(route.pattern, head.path);
  if (!named) return answer({Code::invalid, kBadPath});
  Visit visit{route, dependencies.registry.state(), nullptr, {}, named->other};
  auto refusal = door.enter(head, named->tenant, loop.now(), visit);
  if (!refusal && route.access == Access::source) refusal = intake.look(head, visit);
  if (!refusal) return refuse_coding(visit, head);
  count(visit, refusal->code);
  return std::move(refusal->answer);
}

void Desk::count(const Visit& visit, Code code) {
  if (visit.route.takes_in) metrics.rejected(visit.tenant, "", reason(code));
}

}  // namespace certes::gateway::ingest
