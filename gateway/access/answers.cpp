#include "gateway/access/answers.hpp"

#include <algorithm>

#include "common/event/hops.hpp"
#include "common/event/structured.hpp"
#include "gateway/access/problem.hpp"

namespace certes::gateway::ingest {
namespace {

http::Response json(int status, std::string&& body) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

// Ids need no escape.
void append_ids(std::string& body, const std::vector<std::string>& ids) {
  body += '[';
  for (const auto& id : ids) {
    if (&id != &ids.front()) body += ',';
    body.append(1, '"').append(id).append(1, '"');
  }
  body += ']';
}

}  // namespace

http::Response answer(const Error& error) {
  if (error.code == Code::timeout) return problem_of({Code::unknown_outcome, error.message, error.pointer}, "gateway");
  return problem_of(error, "gateway");
}

// A source's id needs no escape.
http::Response answer_of_basic(const Error& error, std::string_view source) {
  auto response = answer(error);
  for (auto& [name, value] : response.headers)
    if (name == "WWW-Authenticate")
      value = std::string("Basic realm=\"").append(source).append("\", charset=\"UTF-8\"");
  return response;
}

http::Response not_accepted(std::string_view why) { return answer({Code::busy, std::string(why)}); }
http::Response not_accepted(std::string_view why, int retry_after_seconds) {
  auto response = not_accepted(why);
  response.headers.back().second = std::to_string(retry_after_seconds);
  return response;
}
http::Response outcome_unknown(std::string_view why) { return answer({Code::unknown_outcome, std::string(why)}); }

http::Response unsupported_media_type(const Error& error) {
  return http::problem(415, "unsupported-media-type", "Unsupported media type", error.message, error.pointer);
}

http::Response loop_detected() {
  return http::problem(508, "loop-detected", "Loop detected", event::too_many_hops(), event::kHops);
}

http::Response breaks_schema(const std::vector<http::Fault>& breaches) {
  const http::Fault& first = breaches.front();
  auto response = http::problem(422, "schema", "Breaks the schema of its type", first.detail, first.pointer);
  http::add_faults(response, breaches);
  return response;
}

http::Response too_many_requests(std::string_view kind, std::string_view id, std::int64_t retry_after_seconds) {
  const std::string limit = kind == "tenant" ? "quotas.events_per_second" : "rate_per_second";
  auto response = http::problem(429, "too-many-requests", "Too many requests",
                                std::string(kind).append(1, ' ').append(id).append(" is above its ").append(limit));
  response.headers.emplace_back("Retry-After", std::to_string(retry_after_seconds));
  return response;
}

http::Response too_many_unverified(std::string_view why, std::chrono::nanoseconds wait) {
  auto response = http::problem(
      429, "too-many-requests", "Too many requests",
      std::string("too much from this address to this source did not verify (gateway.unverified_per_second); ")
          .append(why));
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
  response.headers.emplace_back("Retry-After", std::to_string(std::max<std::int64_t>(1, seconds)));
  return response;
}

http::Response accepted(const Reply& reply, std::string_view id, bool duplicate) {
  if (reply.body || reply.status == 204 || reply.status == 205) {
    http::Response response;
    response.status = reply.status;
    response.body = reply.body.value_or("");
    if (!response.body.empty()) response.content_type = reply.content_type;
    return response;
  }
  std::string body;
  body.reserve(64 + id.size());
  body.append(R"({"id":)");
  event::append_json_string(body, id);  // a result's may be of somebody else's making
  body.append(R"(,"status":"accepted")");
  body.append(duplicate ? R"(,"duplicate":true})" : "}");
  return json(reply.status, std::move(body));
}

http::Response accepted_batch(const std::vector<std::string>& ids, const std::vector<std::string>& duplicates) {
  std::string body;
  body.reserve(64 + (ids.size() + duplicates.size()) * 33);
  body = R"({"accepted":)";
  append_ids(body, ids);
  body.append(R"(,"count":)").append(std::to_string(ids.size()));
  if (!duplicates.empty()) append_ids(body.append(R"(,"duplicates":)"), duplicates);
  body += '}';
  return json(202, std::move(body));
}

}  // namespace certes::gateway::ingest
