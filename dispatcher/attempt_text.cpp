#include "dispatcher/attempt_text.hpp"

#include "common/base/overloaded.hpp"
#include "common/base/spoken.hpp"
#include "common/event/structured.hpp"
#include "dispatcher/outcome/dead_letter.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kShownBytes = 200;  // of an answer

std::string milliseconds(std::uint64_t duration_us) { return std::to_string((duration_us + 500) / 1000) + " ms"; }

}  // namespace

std::string trace_line(const AttemptSeen& attempt) {
  std::string line(attempt.event.headers.get("ce_type"));
  line.append(1, ' ').append(attempt.event_id).append(" → ").append(attempt.endpoint.id);
  if (!attempt.worker.empty()) line.append(", ").append(attempt.worker).append(",");
  line.append(" try ").append(std::to_string(attempt.attempt)).append(": ");
  if (attempt.status > 0)
    line.append(std::to_string(attempt.status));
  else
    line.append(attempt.failure);
  line.append(" in ").append(milliseconds(attempt.duration_us));
  std::visit(Overloaded{[](const Delivered&) {},
                        [&](const RetryAt&) { line.append(", next in ").append(spoken(attempt.next)); },
                        [&](const Awaiting&) { line.append(", awaiting its result"); },
                        [&](const DeadLettered&) { line.append(", dead letter (").append(attempt.rule).append(")"); },
                        [&](const Cancelled&) { line.append(", cancelled"); }},
             attempt.ending);
  return line;
}

std::string unmatched_line(const log::StoredRecord& event, std::string_view event_id) {
  std::string line(event.headers.get("ce_type"));
  return line.append(1, ' ').append(event_id).append(" → nobody: no subscription takes it");
}

std::string failure_text(const AttemptSeen& attempt) {
  std::string text(attempt.error);
  if (attempt.status == 0) return text;
  text.append(" in ").append(milliseconds(attempt.duration_us));
  if (attempt.answer.empty()) return text;
  std::string shown(cut(attempt.answer, kShownBytes));
  if (shown.size() < attempt.answer.size()) shown.append("…");
  event::append_json_string(text.append(": "), shown);  // it stays on its line, and commands no terminal
  return text;
}

}  // namespace certes::dispatcher
