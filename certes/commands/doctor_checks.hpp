#pragma once
// What `certes doctor` makes of what a running installation answers: findings, each with what mends it. Pure.

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/error.hpp"

namespace certes::command {

using Json = nlohmann::ordered_json;

enum class Grade : std::uint8_t { good, unknown, warning, bad };
std::string_view to_string(Grade grade);

struct Finding {
  std::string check;  // what was looked at
  Grade grade = Grade::good;
  std::string what;
  std::string mend;  // empty: nothing
};
using Findings = std::vector<Finding>;

// Whether something is bad.
bool is_ill(const Findings& findings);

// A table of them, with their texts whole, in lines that fit a terminal of so many columns (0: it is none).
std::string findings_text(const Findings& findings, std::size_t columns);

// Of a listener: its answer to /health/ready, or why there is none.
Finding judge_health(const std::string& listener, const std::string& url, int status, std::string_view body);
Finding judge_silence(const std::string& listener, const std::string& url, const Error& error);
// What could not be asked: the scope that the key lacks, a process without history.
Finding not_looked_at(const std::string& check, const Error& error);

// Lists as the Master API has them.
Findings judge_settings(const Json& settings);
Findings judge_endpoints(const Json& endpoints, const Json& subscriptions);
Findings judge_keys(const Json& keys, UnixMillis now);
// A page of dead letters (open ones, where it says their states), one of events.
Finding judge_dead_letters(const Json& page);
Finding judge_history(const Json& page, UnixMillis now);
// The stats of active endpoints, as far as they were asked for.
Findings judge_stats(const std::vector<Json>& stats, UnixMillis now);
// The versions of the process that answers and of this command.
Finding judge_version(std::string_view theirs, std::string_view ours);

}  // namespace certes::command
