#include "gateway/webhook/challenges.hpp"

#include <charconv>

#include "common/event/attributes.hpp"

namespace certes::gateway::ingest {
namespace {

constexpr std::size_t kMaxEchoBytes = 4'096;
constexpr double kMostPerMinute = 1e9;

// What was asked is sent back as plain text that no browser takes for anything else.
http::Response echo(std::string text) {
  http::Response response;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return response;
}

bool may_be_echoed(std::string_view text) {
  return !text.empty() && text.size() <= kMaxEchoBytes && event::valid_utf8(text) &&
         !event::has_control_character(text);
}

http::Response problem_of(int status, std::string_view title, std::string_view detail, std::string_view pointer) {
  return http::problem(status, status == 403 ? "forbidden" : "invalid", title, detail, pointer);
}

bool takes_meta(const PreparedSource& source) { return !source.verify_token().empty(); }

constexpr std::string_view kMethods = "POST, GET, HEAD, OPTIONS";

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::optional<http::Response> slack(const http::Request& request, event::JsonDocument& document) {
  // Looked for first: parsing every webhook twice would be dear.
  if (request.body.find("url_verification") == std::string_view::npos || !document.parse(request.body))
    return std::nullopt;
  if (document.text_at("/type") != "url_verification") return std::nullopt;
  const auto challenge = document.text_at("/challenge");
  if (!challenge || !may_be_echoed(*challenge))
    return problem_of(400, "Not understood", "a url_verification has a challenge", "/challenge");
  return echo(*challenge);
}

std::optional<http::Response> event_grid(const http::Request& request, event::JsonDocument& document) {
  if (request.header("aeg-event-type") != "SubscriptionValidation") return std::nullopt;
  const auto code = document.parse(request.body) ? document.text_at("/0/data/validationCode") : std::nullopt;
  if (!code || !may_be_echoed(*code))
    return problem_of(400, "Not understood", "a SubscriptionValidation has a validationCode", "/0/data/validationCode");
  http::Response response;
  response.content_type = "application/json";
  response.body = "{\"validationResponse\":" + json_string(*code) + "}";
  return response;
}

// Requests per minute: what the source takes, and not more than was asked for.
std::string allowed_rate(const PreparedSource& source, std::string_view asked) {
  const double own = source.source().rate_per_second * 60;
  std::int64_t wanted = 0;
  const auto [end, error] = std::from_chars(asked.data(), asked.data() + asked.size(), wanted);
  const bool number = error == std::errc{} && end == asked.data() + asked.size() && wanted > 0;
  if (own <= 0) return number ? std::to_string(wanted) : "*";
  const auto most = static_cast<std::int64_t>(std::max(1.0, std::min(own, kMostPerMinute)));
  return std::to_string(number ? std::min(wanted, most) : most);
}

}  // namespace

std::optional<http::Response> unsigned_challenge(const PreparedSource& source, const http::Request& request) {
  const std::string_view scheme = source.source().verify.scheme;
  // Only where what Graph sends carries no signature either: its clientState is a value in the body.
  if (request.query.empty() || !request.body.empty() || (scheme != "none" && scheme != "value")) return std::nullopt;
  auto token = http::query_parameter(request.query, "validationToken");
  if (!token) return std::nullopt;
  if (!may_be_echoed(*token))
    return problem_of(400, "Not understood", "this is no token that could be sent back", "validationToken");
  return echo(std::move(*token));
}

std::optional<http::Response> signed_challenge(const PreparedSource& source, const http::Request& request,
                                               event::JsonDocument& document) {
  if (source.source().verify.scheme == "slack") return slack(request, document);
  if (request.has_header("aeg-event-type")) return event_grid(request, document);
  return std::nullopt;
}

http::Response answer_get(const PreparedSource& source, const http::Request& request) {
  const auto mode = http::query_parameter(request.query, "hub.mode");
  if (!mode || !takes_meta(source)) return {};
  const auto token = http::query_parameter(request.query, "hub.verify_token");
  auto challenge = http::query_parameter(request.query, "hub.challenge");
  if (mode != "subscribe") return problem_of(400, "Not understood", "hub.mode is not subscribe", "hub.mode");
  if (!token || !crypto::equal_constant_time(*token, source.verify_token()))
    return problem_of(403, "Not allowed", "hub.verify_token is not the one of this source", "hub.verify_token");
  if (!challenge || !may_be_echoed(*challenge))
    return problem_of(400, "Not understood", "there is no hub.challenge to send back", "hub.challenge");
  return echo(std::move(*challenge));
}

http::Response answer_options(const PreparedSource& source, const http::Request& request) {
  http::Response response;
  response.headers.emplace_back("Allow", kMethods);
  const auto origin = request.header("webhook-request-origin");
  response.status = origin.empty() ? 204 : 200;
  if (origin.empty()) return response;
  response.headers.emplace_back("WebHook-Allowed-Origin", origin);
  if (request.has_header("webhook-request-rate"))
    response.headers.emplace_back("WebHook-Allowed-Rate", allowed_rate(source, request.header("webhook-request-rate")));
  return response;
}

}  // namespace certes::gateway::ingest
