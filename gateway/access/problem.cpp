#include "gateway/access/problem.hpp"

#include <spdlog/spdlog.h>

#include <chrono>

#include "common/base/line_limit.hpp"

namespace certes::gateway {
namespace {

constexpr std::string_view kRetryAfter = "2";
constexpr std::string_view kChallenge = "Bearer realm=\"certes\"";

struct Problem {
  int status;
  std::string_view slug, title;
};

Problem by_code(Code code) {
  switch (code) {
    case Code::invalid: return {400, "invalid", "Not understood"};
    case Code::unauthenticated: return {401, "unauthenticated", "No valid proof of who sends this"};
    case Code::forbidden: return {403, "forbidden", "Not allowed"};
    case Code::not_found: return {404, "not-found", "Not found"};
    case Code::conflict: return {409, "conflict", "Conflict"};
    case Code::too_large: return {413, "too-large", "Too large"};
    case Code::busy:
    case Code::unavailable: return {503, "not-accepted", "Not accepted: nothing was stored"};
    case Code::unknown_outcome: return {503, "outcome-unknown", "It may or may not have been stored"};
    case Code::timeout: return {503, "timeout", "Took too long"};
    case Code::internal: break;
  }
  return {500, "internal", "Internal error"};
}

std::string_view told_of_internal(const Error& error, std::string_view listener) {
  static LineLimit told;  // of the process, as its log is
  if (const auto times = told.due(error.message, std::chrono::steady_clock::now()))
    spdlog::error("{}: {} ({} times since this was told last)", listener, error.message, *times);
  return "something is wrong inside; the log of this process says what";
}

}  // namespace

http::Response problem_of(const Error& error, std::string_view listener) {
  const Problem problem = by_code(error.code);
  if (error.code == Code::internal)
    return http::problem(problem.status, problem.slug, problem.title, told_of_internal(error, listener));
  auto response = http::problem(problem.status, problem.slug, problem.title, error.message, error.pointer);
  if (problem.status == 503) response.headers.emplace_back("Retry-After", kRetryAfter);
  if (problem.status == 401) response.headers.emplace_back("WWW-Authenticate", kChallenge);
  return response;
}

}  // namespace certes::gateway
