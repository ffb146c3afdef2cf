#include "certes/commands/endpoint_stats.hpp"

#include "certes/commands/cell_text.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/time_text.hpp"
#include "common/base/clock.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

const Json& member(const Json& json, const char* name) {
  static const Json kNone;
  if (!json.is_object()) return kNone;
  const auto found = json.find(name);
  return found == json.end() ? kNone : *found;
}

std::string state_text(const Json& stats, UnixMillis now) {
  std::string text = cell_text(member(stats, "state"));
  if (const Json& standing = member(stats, "standing"); text == "active" && standing != "open")
    text += ", " + cell_text(standing);
  if (const Json& by = member(stats, "disabled_by"); by.is_string()) text += " by " + cell_text(by);
  if (const Json& at = member(stats, "disabled_at"); at.is_string()) text += " at " + time_text(at, now);
  return text;
}

std::string attempts_text(const Json& attempts, UnixMillis now) {
  std::string text;
  for (const char* outcome : {"delivered", "retry", "awaiting", "dead_lettered", "cancelled"})
    if (const Json& count = member(attempts, outcome); count.is_number() && count != 0)
      text += (text.empty() ? "" : ", ") + cell_text(count) + " " + outcome;
  return (text.empty() ? "none" : text) + ", since " + time_text(member(attempts, "since"), now);
}

std::string ordering_text(const Json& ordering, UnixMillis now) {
  std::string text = cell_text(member(ordering, "mode"));
  if (text == "none" && member(ordering, "keys") == 0) return text;
  text += ": " + cell_text(member(ordering, "keys")) + " keys open";
  if (const Json& blocked = member(ordering, "blocked"); blocked.is_number() && blocked != 0)
    text += ", " + cell_text(blocked) + " wait for one that fails since " +
            time_text(member(ordering, "blocked_since"), now);
  return text;
}

std::string summary(const Json& stats, UnixMillis now) {
  const Json& partitions = member(stats, "partitions");
  return member_lines(
      {{"endpoint", cell_text(member(stats, "endpoint"))},
       {"state", state_text(stats, now)},
       {"waiting", cell_text(member(member(stats, "waiting"), "total"))},
       {"in flight", cell_text(member(stats, "in_flight"))},
       {"next retry", time_text(member(stats, "next_retry_at"), now)},
       {"failing since", time_text(member(stats, "failing_since"), now)},
       {"last success", time_text(member(stats, "last_success"), now)},
       {"last failure", time_text(member(stats, "last_failure"), now)},
       {"attempts", attempts_text(member(stats, "attempts"), now)},
       {"ordering", ordering_text(member(stats, "ordering"), now)},
       {"partitions", cell_text(member(partitions, "covered")) + " of " + cell_text(member(partitions, "all"))}});
}

std::string classes_table(const Json& by_priority, UnixMillis now) {
  std::vector<Row> rows;
  for (const auto& [priority, waiting] : by_priority.items()) {
    if (member(waiting, "total") == 0) continue;
    const Json &first = member(waiting, "first"), &retry = member(waiting, "retry");
    rows.push_back({priority, cell_text(member(first, "memory")), cell_text(member(first, "log")),
                    cell_text(member(retry, "memory")), cell_text(member(retry, "log")),
                    time_text(member(member(waiting, "oldest"), "at"), now)});
  }
  if (rows.empty()) return {};
  return "\n" +
         table({"PRIORITY", "IN MEMORY", "ON THE LOG", "RETRIES IN MEMORY", "RETRIES ON THE LOG", "OLDEST"}, rows);
}

std::string processes_table(const Json& processes, UnixMillis now) {
  std::vector<Row> rows;
  for (const Json& process : processes) {
    const Json& limits = member(process, "limits");
    std::string standing = cell_text(member(process, "standing"));
    if (const Json& until = member(process, "resting_until"); until.is_string())
      standing += " until " + time_text(until, now);
    rows.push_back({cell_text(member(process, "process")), cell_text(member(process, "partitions")),
                    cell_text(member(process, "in_flight")), cell_text(member(limits, "concurrency")),
                    cell_text(member(limits, "rate_per_second")), standing});
  }
  if (rows.empty()) return {};
  return "\n" + table({"DISPATCHER", "PARTITIONS", "IN FLIGHT", "OF", "A SECOND", "STANDING"}, rows);
}

std::string workers_table(const Json& workers, UnixMillis now) {
  std::vector<Row> rows;
  for (const Json& worker : workers) {
    std::string standing = cell_text(member(worker, "standing"));
    if (const Json& until = member(worker, "resting_until"); until.is_string())
      standing += " until " + time_text(until, now);
    rows.push_back({cell_text(member(worker, "url")), cell_text(member(worker, "in_flight")), standing});
  }
  if (rows.empty()) return {};
  return "\n" + table({"WORKER", "IN FLIGHT", "STANDING"}, rows);
}

}  // namespace

std::string endpoint_stats_text(std::string_view body) {
  const Json stats = json_or_null<Json>(body);
  if (!stats.is_object()) return {};
  const Json& at = member(stats, "at");
  const UnixMillis now = at.is_string() ? parse_rfc3339(at.get<std::string>()) : 0;
  return summary(stats, now) + classes_table(member(member(stats, "waiting"), "by_priority"), now) +
         workers_table(member(stats, "workers"), now) + processes_table(member(stats, "answered_by"), now);
}

std::string endpoint_stats_remark(std::string_view body) {
  const Json stats = json_or_null<Json>(body);
  const Json& partitions = member(stats, "partitions");
  const Json &covered = member(partitions, "covered"), &all = member(partitions, "all");
  if (!covered.is_number() || !all.is_number() || covered == all) return {};
  return "the dispatchers have answered for " + cell_text(covered) + " of " + cell_text(all) +
         " partitions: what is in the others is not counted";
}

}  // namespace certes::command
