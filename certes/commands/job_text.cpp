#include "certes/commands/job_text.hpp"

#include "certes/commands/cell_text.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/time_text.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

const Json& of_job(const Json& job, const char* name) {
  static const Json kNone;
  const auto found = job.find(name);
  return found == job.end() ? kNone : *found;
}

// "type=order.paid from=2026-01-31T08:00:00.000Z"
std::string filter_text(const Json& filter) {
  std::string text;
  for (const auto& [name, value] : filter.items()) text += (text.empty() ? "" : " ") + name + "=" + cell_text(value);
  return text.empty() ? "all" : text;
}

// Of an erasure, a line each: "topic events: until 2026-02-07 08:00:00 (in 6 d)"
std::string remains_text(const Json& remains, UnixMillis now) {
  std::string text;
  for (const Json& one : remains) {
    const Json& until = of_job(one, "until");
    text += (text.empty() ? "" : "\n") + cell_text(of_job(one, "where"));
    if (until.is_string()) text += ": until " + time_text(until, now);
  }
  return text.empty() ? "nothing" : text;
}

}  // namespace

std::string job_table(std::string_view items, UnixMillis now) {
  std::vector<Row> rows;
  for (const Json& one : json_or_null<Json>(items))
    rows.push_back({cell_text(of_job(one, "id")), time_text(of_job(one, "created_at"), now),
                    cell_text(of_job(one, "state")), cell_text(of_job(one, "done")), cell_text(of_job(one, "left")),
                    cell_text(of_job(one, "kind")), filter_text(of_job(one, "filter"))});
  return table({"ID", "MADE", "STATE", "DONE", "LEFT", "KIND", "FILTER"}, rows);
}

std::string job_text(std::string_view job, UnixMillis now) {
  const Json json = json_or_null<Json>(job);
  if (!json.is_object()) return {};
  std::vector<Member> members;
  for (const auto& [name, value] : json.items()) {
    const bool is_time = name.ends_with("_at");
    members.emplace_back(name, name == "filter"    ? filter_text(value)
                               : name == "remains" ? remains_text(value, now)
                               : is_time           ? time_text(value, now)
                                                   : cell_text(value));
  }
  return member_lines(members);
}

WorkProgress job_progress(const std::string& job) {
  const Json json = json_or_null<Json>(job);
  if (!json.is_object()) return {};
  const auto number = [&](const char* name) {
    const Json& value = of_job(json, name);
    return value.is_number_integer() ? value.get<std::int64_t>() : 0;
  };
  WorkProgress progress;
  const std::string state = cell_text(of_job(json, "state"));
  progress.running = state == "running";
  progress.name = cell_text(of_job(json, "id")) + ": " + state + ", ";
  progress.done = number("done");
  // What was skipped is looked at, too: so it is not left.
  if (of_job(json, "left").is_number()) progress.total = progress.done + number("left");
  for (const auto& [name, text] :
       {std::pair("skipped", " skipped"), {"waiting", " wait for their deliveries to end"}}) {
    if (number(name) == 0) continue;
    progress.beside += (progress.beside.empty() ? "" : ", ") + std::to_string(number(name)) + text;
  }
  return progress;
}

}  // namespace certes::command
