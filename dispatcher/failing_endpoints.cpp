#include "dispatcher/failing_endpoints.hpp"

#include <utility>

#include "common/base/overloaded.hpp"
#include "common/base/spoken.hpp"
#include "dispatcher/attempt_text.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kMinute{60'000};

std::string attempts(std::uint64_t count) {
  return count == 1 ? std::string("1 attempt") : std::to_string(count) + " attempts";
}

// "(try 1 of order.created evt_…, next in 5 s)"
std::string of_what(const AttemptSeen& attempt) {
  std::string text = " (try " + std::to_string(attempt.attempt) + " of ";
  text.append(attempt.event.headers.get("ce_type")).append(1, ' ').append(attempt.event_id);
  std::visit(Overloaded{[](const Delivered&) {},
                        [&](const RetryAt&) { text.append(", next in ").append(spoken(attempt.next)); },
                        [](const Awaiting&) {},
                        [&](const DeadLettered&) { text.append(", a dead letter: ").append(attempt.rule); },
                        [](const Cancelled&) {}},
             attempt.ending);
  return text.append(1, ')');
}

}  // namespace

void FailingEndpoints::attempted(const AttemptSeen& attempt) {
  if (attempt.sign == Sign::fails)
    failed(attempt, clock_.now());
  else if (!troubles_.empty())
    works(attempt.key, clock_.now());
}

void FailingEndpoints::failed(const AttemptSeen& attempt, SteadyTime now) {
  Trouble& trouble = troubles_[std::string(attempt.key)];
  if (!std::exchange(trouble.lasts, true)) {
    trouble.since = now;
    trouble.failed = 0;
    trouble.tenant = attempt.endpoint.tenant;
    trouble.meter = attempt.meter;
  }
  trouble.idle = false;
  trouble.moved = now;
  ++trouble.failed;
  ++trouble.failed_since_line;
  trouble.last = failure_text(attempt);
  const auto line = trouble.episode.met(now);
  if (!line) return;
  trouble.failed_since_line = 0;
  const std::string how = line->lasting == Millis{0} ? " fails: " : " still fails, for " + spoken(line->lasting) + ": ";
  tell(now, "endpoint " + std::string(attempt.key) + how + trouble.last + of_what(attempt));
}

void FailingEndpoints::works(std::string_view key, SteadyTime now) {
  const auto found = troubles_.find(key);
  if (found == troubles_.end() || !std::exchange(found->second.lasts, false)) return;
  Trouble& trouble = found->second;
  trouble.moved = now;
  if (const auto lasted = trouble.episode.over(now))
    tell(now, "endpoint " + std::string(key) + " works again, after " + spoken(*lasted) + ": " +
                  attempts(trouble.failed) + " had failed");
}

void FailingEndpoints::left(std::string_view key) {
  const auto found = troubles_.find(key);
  if (found != troubles_.end()) troubles_.erase(found);
}

void FailingEndpoints::round(const Open& open) {
  const SteadyTime now = clock_.now();
  for (auto at = troubles_.begin(); at != troubles_.end();) {
    auto& [key, trouble] = *at;
    const std::size_t waiting = open(key);
    trouble.idle = waiting == 0;
    if (trouble.lasts && !trouble.idle) tell_still(key, trouble, waiting, now);
    const bool forgotten = (!trouble.lasts || trouble.idle) && now - trouble.moved >= kMinute;
    if (forgotten && trouble.episode.over(now))
      tell(now,
           "endpoint " + key + ": nothing waits for it any more, after " + attempts(trouble.failed) + " had failed");
    at = forgotten ? troubles_.erase(at) : std::next(at);
  }
}

void FailingEndpoints::tell_still(const std::string& key, Trouble& trouble, std::size_t open, SteadyTime now) {
  const auto line = trouble.episode.met(now);
  if (!line) return;
  const std::uint64_t failed = std::exchange(trouble.failed_since_line, 0);
  tell(now, "endpoint " + key + " still fails, for " + spoken(line->lasting) + ": " +
                (failed == 0 ? "no attempt" : attempts(failed)) + " since the last line, " + std::to_string(open) +
                (open == 1 ? " delivery waits; the last answer: " : " deliveries wait; the last answer: ") +
                trouble.last);
}

void FailingEndpoints::visit(const Visit& visit) const {
  const SteadyTime now = clock_.now();
  for (const auto& [key, trouble] : troubles_)
    if (trouble.lasts && !trouble.idle)
      visit(trouble.tenant, trouble.meter, std::chrono::duration_cast<Millis>(now - trouble.since));
}

void FailingEndpoints::tell(SteadyTime now, const std::string& line) {
  if (now >= minute_ends_) {
    if (left_out_ > 0)
      tell_(std::to_string(left_out_) + " more lines on endpoints that fail were left out within a minute: " +
            "certes_endpoints_failing counts them");
    minute_ends_ = now + kMinute;
    lines_ = 0;
    left_out_ = 0;
  }
  if (lines_ == kMostLines) {
    ++left_out_;
    return;
  }
  ++lines_;
  tell_(line);
}

}  // namespace certes::dispatcher
