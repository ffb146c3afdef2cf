#include "api/call.hpp"

#include "api/change.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <future>

#include "common/event/attributes.hpp"
#include "common/event/coding.hpp"
#include "gateway/access/answers.hpp"
#include "gateway/access/door.hpp"
#include "gateway/access/problem.hpp"

namespace certes::api {
namespace {

constexpr Millis kFreshLimit{2'000};  // with kDecisionLimit, what a client waits at most
constexpr const char* kCut = "certes_api_cut_total";
constexpr const char* kCutIs = "Answers that go on in another request, by the limit that was met";
constexpr const char* kAsked = "certes_api_questions_total";
constexpr const char* kAskedIs =
    "Questions to dispatchers: answered for all partitions or not, or refused, as too many were open";
constexpr std::size_t kMostItems = 1'000;

// A body is JSON, and its header says so: what a web page can send to any site without being asked is something else.
// Where none is meant to come, a content type of forms is refused all the same.
std::optional<http::Response> wrong_media_type(const Route& route, const http::Request& request) {
  if (const auto packed = event::refuse_coding(event::content_coding(request.headers)))
    return gateway::ingest::unsupported_media_type(*packed);
  const bool reads = route.method == "GET";
  const bool has_body = !request.body.empty() || request.has_header("transfer-encoding") ||
                        (request.has_header("content-length") && request.header("content-length") != "0");
  const std::string_view type = event::media_type(request.header("content-type"));
  if (!has_body && (type.empty() || reads)) return std::nullopt;
  if (event::equal_ignoring_case(type, "application/json")) return std::nullopt;
  const bool patch = route.method == "PATCH";
  if (patch && event::equal_ignoring_case(type, "application/merge-patch+json")) return std::nullopt;
  std::string detail = type.empty() ? "there is no Content-Type" : "this Content-Type is not understood";
  detail += "; send Content-Type: application/json";
  if (patch) detail += " or application/merge-patch+json";
  return gateway::ingest::unsupported_media_type({Code::invalid, std::move(detail), "content-type"});
}

// True or false, and nothing else: who writes dry_run=1 means no change.
constexpr std::string_view kFlags[] = {"dry_run", "cascade"};

// What is spelt wrong must not be taken for what was not asked: a filter that is ignored is none.
Result<void> check_parameters(const Route& route, std::string_view query) {
  for (const std::string_view flag : kFlags) {
    const auto value = http::query_parameter(query, flag);
    if (value && *value != "true" && *value != "false")
      return fail(Code::invalid, "must be true or false", std::string(flag));
  }
  for (const std::string& name : http::query_names(query)) {
    if (name == "tenant" || std::ranges::count(route.parameters, name) > 0) continue;
    std::string known = "tenant";
    for (const std::string& one : route.parameters) known += ", " + one;
    return fail(Code::invalid, "unknown query parameter; there are: " + known, name.substr(0, 128));
  }
  return {};
}

// Whether a refusal stands, or a fresh state may say otherwise: another process may just have made the key, or changed
// it, or the registry is still being read. Asked of the log, whose answer comes at once where the end is simply known.
bool stands(const gateway::Refusal& refusal, const http::Request& request, const Services& services) {
  const bool about_key = refusal.code == Code::unauthenticated || refusal.code == Code::forbidden;
  if (about_key && request.header("authorization").empty()) return true;
  const auto known = std::make_shared<std::atomic<bool>>(false);
  services.deps.registry.fence([known](const registry::StatePtr&) { *known = true; });
  return *known;
}

// None where it is off, or has no place.
std::unique_ptr<history::History> history_of(const Dependencies& deps) {
  const config::HistorySettings& settings = deps.settings.history;
  if (!settings.enabled || settings.dir.empty()) return nullptr;
  return std::make_unique<history::History>(
      history::History::Options{settings.dir, static_cast<std::int64_t>(settings.max_bytes), settings.retention,
                                settings.payload_text ? settings.text_bytes : 0},
      deps.log, deps.clock, deps.metrics);
}

// None where the log is no file of this process, or they have no place.
std::unique_ptr<Backups> backups_of(const Dependencies& deps) {
  const config::BackupSettings& settings = deps.settings.backup;
  if (settings.dir.empty() || deps.log.engine() == "kafka") return nullptr;
  return std::make_unique<Backups>(
      Backups::Options{settings.dir, settings.bytes_per_second, settings.keep, deps.settings.store.reserve_bytes},
      deps.log, deps.clock, deps.metrics);
}

// What `handle` answers, behind the door.
template <class Handle>
auto serve_with(const Route& route, const http::Request& request, Services& services, Handle handle)
    -> decltype(handle(std::declval<const Call&>())) {
  gateway::Door door(services.clients, services.deps);
  gateway::Visit visit{route, services.fresh_state()};
  const auto tenant = http::query_parameter(request.query, "tenant");
  if (auto refusal = door.enter(request, tenant, services.deps.clock.now(), visit)) return std::move(refusal->answer);
  if (auto wrong = wrong_media_type(route, request)) return std::move(*wrong);
  if (auto fit = check_parameters(route, request.query); !fit) return gateway::problem_of(fit.error(), "api");
  return handle(Call{request, route.pattern, *visit.caller, std::string(visit.tenant), visit.state});
}

}  // namespace

http::Entrance enter(const Route& route, const http::Request& request, Services& services) {
  gateway::Door door(services.clients, services.deps);
  gateway::Visit visit{route, services.deps.registry.state()};
  const auto tenant = http::query_parameter(request.query, "tenant");
  auto refusal = door.enter(request, tenant, services.deps.clock.now(), visit);
  http::Entrance entrance;
  if (!refusal) {
    entrance.answer = wrong_media_type(route, request);
    entrance.share = visit.caller->tenant;
  } else if (stands(*refusal, request, services)) {
    entrance.answer = std::move(refusal->answer);
  }
  return entrance;
}

http::Response serve(const Route& route, const http::Request& request, Services& services, ApiHandler handler) {
  return serve_with(route, request, services, [&](const Call& call) -> http::Response {
    auto response = handler(call, services);
    return response ? std::move(*response) : gateway::problem_of(response.error(), "api");
  });
}

http::PooledAnswer serve(const Route& route, const http::Request& request, Services& services, ApiSteps begin) {
  return serve_with(route, request, services, [&](const Call& call) -> http::PooledAnswer {
    auto steps = begin(call, services);
    if (!steps) return gateway::problem_of(steps.error(), "api");
    return std::move(*steps);
  });
}

Services::Services(const Dependencies& dependencies)
    : deps(dependencies),
      clients(dependencies.settings, dependencies.settings.api.tls_cert_file.empty() ? "http" : "https"),
      dead_letter_ids(dependencies.sealer),
      erasure_macs(dependencies.sealer),
      asker(dependencies.asker ? *dependencies.asker : asks_nobody_),
      cut_pages(deps.metrics.counter(kCut, kCutIs, {{"limit", "page_bytes"}})),
      cut_scans(deps.metrics.counter(kCut, kCutIs, {{"limit", "scan"}})),
      asked_whole(deps.metrics.counter(kAsked, kAskedIs, {{"outcome", "whole"}})),
      asked_partial(deps.metrics.counter(kAsked, kAskedIs, {{"outcome", "partial"}})),
      asked_refused(deps.metrics.counter(kAsked, kAskedIs, {{"outcome", "refused"}})),
      jobs_refused(deps.metrics.counter("certes_jobs_refused_total",
                                        "Jobs that were refused, as their tenant has jobs.most that have not ended")),
      history(history_of(deps)),
      backups(backups_of(deps)),
      asks_nobody_(deps.clock, "nobody", [&log = dependencies.log] { return log.partitions(); }, {}),
      ids_(dependencies.clock) {}

std::string Services::new_id(std::string_view prefix) {
  const Lock lock(mutex_);
  return ids_.next(prefix);
}

registry::StatePtr Services::fresh_state() const {
  if (away(deps.log)) return deps.registry.state();
  const auto reached = std::make_shared<std::promise<registry::StatePtr>>();
  auto state = reached->get_future();
  deps.registry.fence([reached](registry::StatePtr fresh) { reached->set_value(std::move(fresh)); });
  return state.wait_for(kFreshLimit) == std::future_status::ready ? state.get() : deps.registry.state();
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

}  // namespace certes::api
