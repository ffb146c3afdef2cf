// The relay's pages: health, metrics, what waits, what was given up.
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
    case Code::not_found:
      if (error.pointer == "content-type") return {415, "unsupported-media-type", "Unsupported media type"};
      return {404, "not-found", "Not found"};
    case Code::too_large: return {413, "too-large", "Too large"};
    case Code::busy:
    case Code::unavailable: return {503, "not-accepted", "Not accepted: nothing was stored"};
    case Code::unknown_outcome:
    case Code::timeout: return {503, "outcome-unknown", "It may or may not have been stored"};
    default: return {500, "internal", "Internal error"};
  }
}

http::Response text(int status, std::string body, std::string type = "text/plain; charset=utf-8") {
  http::Response response;
  response.status = status;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

http::Response json(const Json& body) {
  return text(200, body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n", "application/json");
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
  if (request.has_header("origin")) return relay_problem({Code::forbidden, "not from web pages", "origin"});
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

void add_relay_pages(http::Server& server, Pipeline& pipeline, metrics::Metrics& metrics) {
  server.pooled("GET", "/health/live", [](const http::Request&) { return text(200, "live\n"); });
  server.pooled("GET", "/health/ready", [&pipeline](const http::Request&) {
    if (const auto failure = pipeline.failure()) return text(503, failure->message + "\n");
    return text(200, "ready\n");
  });
  server.pooled("GET", "/metrics", [&metrics](const http::Request&) {
    return text(200, metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
  });
  server.pooled("GET", "/status", [&pipeline](const http::Request&) { return json(status_json(pipeline.status())); });
  server.pooled("GET", "/rejected", [&pipeline](const http::Request& request) { return list(pipeline, request); });
  server.pooled("POST", kRetry, [&pipeline](const http::Request& request) {
    return act(pipeline, request, kRetry, &Pipeline::retry_rejected);
  });
  server.pooled("DELETE", kOne, [&pipeline](const http::Request& request) {
    return act(pipeline, request, kOne, &Pipeline::drop_rejected);
  });
}

}  // namespace certes::client
