#include "gateway/api/call.hpp"

#include <charconv>
#include <future>

namespace certes::gateway::api {
namespace {

constexpr Millis kFreshLimit{2'000};
constexpr const char* kCut = "certes_api_cut_total";
constexpr const char* kCutIs = "Answers that go on in another request, by the limit that was met";
constexpr std::size_t kMostItems = 1'000;

struct Mapping {
  int status;
  const char* slug;
  const char* title;
};

Mapping mapping_of(Code code) {
  switch (code) {
    case Code::invalid: return {400, "invalid", "Not understood"};
    case Code::unauthenticated: return {401, "unauthenticated", "No key, or not a good one"};
    case Code::forbidden: return {403, "forbidden", "Not allowed"};
    case Code::not_found: return {404, "not-found", "Not found"};
    case Code::conflict: return {409, "conflict", "Conflict"};
    case Code::too_large: return {413, "too-large", "Too large"};
    case Code::busy:
    case Code::unavailable: return {503, "not-accepted", "Not accepted now"};
    case Code::unknown_outcome: return {503, "outcome-unknown", "The outcome is not known"};
    case Code::timeout: return {503, "timeout", "Took too long"};
    case Code::internal: break;
  }
  return {500, "internal", "Internal error"};
}

// Whose resources it is about: ?tenant=, or the caller's own.
Result<std::string> tenant_of(const http::Request& request, const Caller& caller, const registry::State& state) {
  auto named = http::query_parameter(request.query, "tenant");
  if (!named) return caller.tenant;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (auto ok = may_act_for(caller, *named, !reads, state); !ok) {
    Error error = std::move(ok.error());
    error.pointer = "tenant";
    return fail(std::move(error));
  }
  return std::move(*named);
}

// Whose share of the workers a request takes: its key's tenant's, as far as is known here and now; else strangers'.
std::string share_of(const http::Request& request, const Services& services) {
  const auto caller = authenticate(request, *services.deps.registry.state(), services.clients, services.deps.clock);
  return caller ? caller->tenant : std::string();
}

Result<http::Response> serve(const http::Request& request, std::string_view pattern, std::string_view scope,
                             Services& services, const Handler& handler) {
  registry::StatePtr state = services.fresh_state();
  auto caller = authenticate(request, *state, services.clients, services.deps.clock);
  if (!caller) return fail(std::move(caller.error()));
  if (!caller->allowed(scope)) {
    return fail(Code::forbidden, "the key \"" + caller->key + "\" lacks the scope " + std::string(scope));
  }
  auto tenant = tenant_of(request, *caller, *state);
  if (!tenant) return fail(std::move(tenant.error()));
  return handler(Call{request, pattern, std::move(*caller), std::move(*tenant), std::move(state)});
}

}  // namespace

Services::Services(Dependencies dependencies)
    : deps(dependencies),
      clients(dependencies.settings),
      cut_pages(deps.metrics.counter(kCut, kCutIs, {{"limit", "page_bytes"}})),
      cut_scans(deps.metrics.counter(kCut, kCutIs, {{"limit", "scan"}})),
      cut_replays(deps.metrics.counter(kCut, kCutIs, {{"limit", "replay_bytes"}})),
      ids_(dependencies.clock) {}

std::string Services::new_id(std::string_view prefix) {
  const std::lock_guard lock(mutex_);
  return ids_.next(prefix);
}

registry::StatePtr Services::fresh_state() const {
  const auto reached = std::make_shared<std::promise<registry::StatePtr>>();
  auto state = reached->get_future();
  deps.registry.fence([reached](registry::StatePtr fresh) { reached->set_value(std::move(fresh)); });
  return state.wait_for(kFreshLimit) == std::future_status::ready ? state.get() : deps.registry.state();
}

void add_route(Routes& server, Services& services, std::string method, std::string_view pattern, Handler handler) {
  std::string path = std::string(kRoot) + std::string(pattern);
  const std::string_view scope = scope_of(Listener::api, method, path);
  server.pooled(
      std::move(method), path,
      [path, scope, &services, handler = std::move(handler)](const http::Request& request) {
        auto response = serve(request, path, scope, services, handler);
        return response ? std::move(*response) : problem_of(response.error());
      },
      [&services](const http::Request& request) { return share_of(request, services); });
}

http::Response problem_of(const Error& error) {
  const Mapping mapping = mapping_of(error.code);
  http::Response response = http::problem(mapping.status, mapping.slug, mapping.title, error.message, error.pointer);
  if (mapping.status == 503) response.headers.emplace_back("Retry-After", "1");
  if (mapping.status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"certes\"");
  return response;
}

http::Response json_response(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

Result<std::size_t> limit_of(const Call& call) {
  const auto text = call.query("limit");
  if (!text) return std::size_t{100};
  std::size_t limit = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
  if (error != std::errc{} || end != text->data() + text->size() || limit < 1 || limit > kMostItems) {
    return fail(Code::invalid, "limit must be from 1 to 1000", "limit");
  }
  return limit;
}

}  // namespace certes::gateway::api
