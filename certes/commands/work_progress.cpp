#include "certes/commands/work_progress.hpp"

#include <cmath>
#include <thread>

#include "certes/commands/console.hpp"
#include "common/base/clock.hpp"

namespace certes::command {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr Millis kLookAgain{250};
constexpr Millis kLineEvery{2'000};
constexpr double kMinute = 60, kHour = 3'600;

std::string plain(std::int64_t number) { return std::to_string(number); }

// Rounded up: nobody waits for nothing.
std::string left_text(double seconds) {
  const bool hours = seconds > 2 * kHour, minutes = seconds > 2 * kMinute;
  const double unit = hours ? kHour : minutes ? kMinute : 1;
  const char* const name = hours ? " h left" : minutes ? " min left" : " s left";
  return plain(static_cast<std::int64_t>(std::ceil(seconds / unit))) + name;
}

// Less than ten a second with a tenth.
std::string rate_text(double rate, Amount amount) {
  if (rate >= 10 || amount != plain) return amount(static_cast<std::int64_t>(std::llround(rate))) + "/s";
  const auto tenths = static_cast<std::int64_t>(std::llround(rate * 10));
  const std::string whole = plain(tenths / 10);
  return (tenths % 10 == 0 ? whole : whole + "." + plain(tenths % 10)) + "/s";
}

}  // namespace

std::string progress_line(const WorkProgress& before, const WorkProgress& now, Seconds apart, Amount amount) {
  if (amount == nullptr) amount = plain;
  std::string line = now.name + amount(now.done);
  if (now.total) line += " of " + amount(*now.total);
  const double rate = apart.count() > 0 ? static_cast<double>(now.done - before.done) / apart.count() : 0;
  if (rate >= 0.05) {
    line += ", " + rate_text(rate, amount);
    if (now.total && *now.total > now.done) line += ", " + left_text(static_cast<double>(*now.total - now.done) / rate);
  }
  return now.beside.empty() ? line : line + ", " + now.beside;
}

Result<std::string> wait_for_work(client::ApiClient& api, const Connection& connection, const WatchedWork& work) {
  const auto begun = std::chrono::steady_clock::now();
  auto line_at = begun + kLineEvery;
  std::optional<WorkProgress> first;
  for (;;) {
    auto answer = api.get(work.path);
    if (!answer) return answer;
    const WorkProgress now_there = work.read(*answer);
    if (!now_there.running) return answer;
    if (!first) first = now_there;
    const auto now = std::chrono::steady_clock::now();
    if (!connection.json && now >= line_at) {
      note(progress_line(*first, now_there, now - begun, work.amount));
      line_at = now + kLineEvery;
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

}  // namespace certes::command
