#include "common/questions/parts_json.hpp"

#include <algorithm>

namespace certes::questions {
namespace {

using PartsJson = nlohmann::json;

constexpr std::array<std::string_view, 8> kStandings = {"unknown",  "open", "broken",  "paused",
                                                        "disabled", "gone", "resting", "tripped"};

}  // namespace

std::string_view to_string(Standing standing) { return kStandings[static_cast<std::size_t>(standing)]; }

PartsJson json_of(const ClassWaiting& waiting) {
  return {{"first_memory", waiting.first_memory},
          {"first_log", waiting.first_log},
          {"retry_memory", waiting.retry_memory},
          {"retry_log", waiting.retry_log},
          {"oldest", waiting.oldest}};
}

bool read(const PartsJson& json, ClassWaiting& into) {
  Members members(json);
  members.count("first_memory", into.first_memory);
  members.count("first_log", into.first_log);
  members.count("retry_memory", into.retry_memory);
  members.count("retry_log", into.retry_log);
  members.time("oldest", into.oldest);
  return members.good();
}

PartsJson json_of(const Attempts& attempts) {
  return {{"since", attempts.since},
          {"delivered", attempts.delivered},
          {"retry", attempts.retry},
          {"awaiting", attempts.awaiting},
          {"dead_lettered", attempts.dead_lettered},
          {"cancelled", attempts.cancelled},
          {"last_success", attempts.last_success},
          {"last_failure", attempts.last_failure},
          {"failing_since", attempts.failing_since}};
}

bool read(const PartsJson& json, Attempts& into) {
  Members members(json);
  members.time("since", into.since);
  members.count("delivered", into.delivered);
  members.count("retry", into.retry);
  members.count("awaiting", into.awaiting);
  members.count("dead_lettered", into.dead_lettered);
  members.count("cancelled", into.cancelled);
  members.time("last_success", into.last_success);
  members.time("last_failure", into.last_failure);
  members.time("failing_since", into.failing_since);
  return members.good();
}

// A standing of a later release is none that is known.
void read_standing(Members& members, Standing& into) {
  const std::string* const found = members.text("standing");
  if (found == nullptr) return;
  const auto known = std::ranges::find(kStandings, *found);
  if (known != kStandings.end()) into = static_cast<Standing>(known - kStandings.begin());
}

PartsJson json_of(const std::array<ClassWaiting, registry::kPriorities>& classes) {
  PartsJson json = PartsJson::object();
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i] != ClassWaiting{})
      json[std::string(to_string(static_cast<registry::Priority>(i)))] = json_of(classes[i]);
  return json;
}

bool read(const PartsJson& json, std::array<ClassWaiting, registry::kPriorities>& into) {
  const Members members(json);
  if (!members.good()) return false;
  for (std::size_t i = 0; i < registry::kPriorities; ++i) {
    const std::string name(to_string(static_cast<registry::Priority>(i)));
    const PartsJson* const found = members.find(name.c_str());
    if (found != nullptr && !read(*found, into[i])) return false;
  }
  return true;
}

}  // namespace certes::questions
