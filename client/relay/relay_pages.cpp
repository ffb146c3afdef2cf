// The relay's pages: what waits, what was given up.
#include <charconv>

#include "client/relay/relay.hpp"
#include "common/json/json.hpp"

namespace certes::client {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPage = 100;
constexpr std::size_t kLargestPage = 1'000;
constexpr const char* kRetry = "/rejected/{number}/retry";
constexpr const char* kOne = "/rejected/{number}";

struct Problem {
  int status;
  std::string_view slug, title;
};

Problem problem_of(const Error& error) {
  switch (error.code) {
    case Code::invalid: return {400, "invalid", "Not understood"};
    case Code::forbidden: return {403, "forbidden", "Not allowed"};
    case Code::not_found: return {404, "not-found", "Not found"};
    case Code::conflict: return {508, "loop-detected", "Loop detected"};
    case Code::too_large: return {413, "too-large", "Too large"};
    case Code::busy:
    case Code::unavailable: return {503, "not-accepted", "Not accepted: nothing was stored"};
    case Code::unknown_outcome:
    case Code::timeout: return {503, "outcome-unknown", "It may or may not have been stored"};
    default: return {500, "internal", "Internal error"};
  }
}

http::Response json(const Json& body) {
  http::Response response;
  response.content_type = "application/json";
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  return response;
}

std::optional<std::int64_t> number_of(std::string_view digits) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc() || end != digits.data() + digits.size() || number < 0) return std::nullopt;
  return number;
}

Json status_json(const PipelineStatus& status) {
  return {{"waiting", status.waiting_events},
          {"rejected", status.rejected_events},
          {"spool_bytes", status.bytes},
          {"accepted", status.accepted},
          {"retries", status.retried},
          {"given_up", status.refused},
          {"last_error", status.last_error.empty() ? Json() : Json(status.last_error)}};
}

Json rejected_json(const Rejected& rejected) {
  const auto problem = parse_json<Json>(rejected.refusal.problem);
  return {{"number", rejected.refusal.sequence},
          {"id", rejected.item.id},
          {"type", rejected.item.type},
          {"source", rejected.item.source},
          {"path", rejected.item.path},
          {"rule", rejected.refusal.rule},
          {"status", rejected.refusal.status},
          {"rejected_at", format_rfc3339(rejected.refusal.at)},
          {"problem", problem ? *problem : Json(rejected.refusal.problem)}};
}

http::Response list(Pipeline& pipeline, const http::Request& request) {
  const auto after = number_of(http::query_parameter(request.query, "after").value_or("0"));
  const auto limit = number_of(http::query_parameter(request.query, "limit").value_or(std::to_string(kPage)));
  if (!after || !limit || *limit < 1)
    return relay_problem({Code::invalid, "after and limit must be numbers", after ? "limit" : "after"});
  const auto most = std::min(kLargestPage, static_cast<std::size_t>(*limit));
  const auto page = pipeline.rejected(*after, most);
  if (!page) return relay_problem(page.error());
  Json items = Json::array();
  for (const Rejected& each : *page) items.push_back(rejected_json(each));
  const Json next = page->size() < most ? Json() : Json(std::to_string(page->back().refusal.sequence));
  return json({{"items", std::move(items)}, {"next", next}});
}

http::Response act(Pipeline& pipeline, const http::Request& request, const char* pattern,
                   Result<void> (Pipeline::*action)(std::int64_t)) {
  const auto number = number_of(http::path_parameter(pattern, request.path, "number").value_or(""));
  if (!number) return relay_problem({Code::invalid, "the number of a rejected event is needed"});
  if (auto done = (pipeline.*action)(*number); !done) return relay_problem(done.error());
  return json({{"number", *number}});
}

}  // namespace

http::Response relay_problem(const Error& error) {
  const Problem problem = problem_of(error);
  auto response = http::problem(problem.status, problem.slug, problem.title, error.message, error.pointer);
  if (problem.status == 503) response.headers.emplace_back("Retry-After", "2");
  return response;
}

http::Response not_local(const Error& error) {
  return http::problem(403, "not-local", "Not from here", error.message, error.pointer);
}

std::optional<http::Response> refuse_stranger(const http::Request& request, const http::LocalRequests& local) {
  if (const std::string header(http::forwarding_header(request)); !header.empty())
    return not_local({Code::forbidden,
                      "a proxy passed this on (" + header + "): a relay is for the programs of its own machine",
                      header});
  if (auto meant = local.check(request); !meant) return not_local(meant.error());
  return std::nullopt;
}

void add_relay_pages(http::Server& server, Pipeline& pipeline, const http::LocalRequests& local) {
  const auto add = [&](const char* method, const char* pattern, http::PooledHandler handler) {
    http::PooledRoute route;
    route.handler = std::move(handler);
    route.enter = [&local](const http::Request& request) {
      return http::Entrance{refuse_stranger(request, local), {}};
    };
    server.pooled(method, pattern, std::move(route));
  };
  add("GET", "/status", [&pipeline](const http::Request&) { return json(status_json(pipeline.status())); });
  add("GET", "/rejected", [&pipeline](const http::Request& request) { return list(pipeline, request); });
  add("POST", kRetry,
      [&pipeline](const http::Request& request) { return act(pipeline, request, kRetry, &Pipeline::retry_rejected); });
  add("DELETE", kOne,
      [&pipeline](const http::Request& request) { return act(pipeline, request, kOne, &Pipeline::drop_rejected); });
}

}  // namespace certes::client
