// Rates on both sides: what a limit says of itself (RateLimit, RateLimit-Policy, Retry-After) is true of what it then
// allows, and Retry-After of any answer is read within its bounds. Input: a rate, then pairs of milliseconds and
// events, to the end of the line; the value of a Retry-After.

#include <charconv>
#include <string>

#include "common/backoff/retry_after.hpp"
#include "gateway/limits/rate_limits.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace certes;
using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::gateway::ingest;

namespace {

constexpr UnixMillis kNow = 1'700'000'000'000;

std::uint32_t number(Input& input) {
  std::uint32_t value = 0;
  for (int i = 0; i < 3; ++i) value = value << 8 | input.byte();
  return value;
}

void check_header(const http::Response& answer) {
  require(answer.status == 429, "what is over its rate is 429");
  bool told = false;
  for (const auto& [name, value] : answer.headers) {
    for (const char c : value) require(c >= ' ' && c < '\x7f', "a header is visible ASCII");
    if (name != "Retry-After") continue;
    const auto wait = backoff::parse_retry_after(value, kNow);
    require(wait && *wait >= Millis{1'000}, "Retry-After is at least a second, and we read it ourselves");
    told = true;
  }
  require(told, "Retry-After is there");
}

void check_limit(Input input) {
  // As far as a declaration may go.
  const double rate = 1e-9 + number(input) / 16.0;
  auto limit = std::make_shared<RateLimit>(rate);
  Restraint restraint;
  restraint.add("key", "a", limit);
  SteadyTime now{};
  while (!input.empty()) {
    now += std::chrono::milliseconds(number(input));
    const auto standing = limit->standing(now);
    require(standing.remaining >= 0 && standing.remaining <= limit->burst(), "no more remains than a burst");
    require(standing.wait.count() >= 0 && standing.full.count() >= 0, "no time is negative");
    require(limit->allows(now) == (standing.remaining > 0), "what remains may come");
    const auto refusal = restraint.refusal(now);
    require(refusal.has_value() != limit->allows(now), "refused or allowed");
    if (refusal) check_header(*refusal);
    require(limit->allows(now + standing.wait), "after the wait that is told one may come");
    if (limit->allows(now)) limit->take(now, 1 + input.byte() * 4);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::string_view line = input.line();
  check_limit(Input(reinterpret_cast<const std::uint8_t*>(line.data()), line.size()));
  const auto wait = backoff::parse_retry_after(input.rest(), kNow);
  require(!wait || (*wait >= Millis{0} && *wait <= std::chrono::hours(24 * 366 * 100)), "a wait is within its bounds");
  return 0;
}
