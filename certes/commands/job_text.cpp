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
    members.emplace_back(name, name == "filter" ? filter_text(value)
                               : is_time        ? time_text(value, now)
                                                : cell_text(value));
  }
  return member_lines(members);
}

std::string job_progress(std::string_view job) {
  const Json json = json_or_null<Json>(job);
  if (!json.is_object()) return {};
  std::string text = cell_text(of_job(json, "state")) + ", " + cell_text(of_job(json, "done"));
  if (const Json& total = of_job(json, "total"); total.is_number()) text += " of " + cell_text(total);
  if (const Json& skipped = of_job(json, "skipped"); skipped.is_number() && skipped != 0)
    text += ", " + cell_text(skipped) + " skipped";
  if (const Json& error = of_job(json, "error"); error.is_string()) text += ": " + cell_text(error);
  return text;
}

}  // namespace certes::command
