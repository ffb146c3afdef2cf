#include "common/questions/heard.hpp"

#include <algorithm>

namespace certes::questions {

std::vector<Heard::Process> Heard::answered(const std::vector<std::string_view>& names, UnixMillis at) {
  const Lock lock(mutex_);
  std::erase_if(last_, [at](const auto& one) { return at - one.second > kRemembered.count(); });
  for (const std::string_view name : names) {
    if (const auto known = last_.find(name); known != last_.end())
      known->second = std::max(known->second, at);
    else if (last_.size() < kMost)
      last_.emplace(name, at);
  }
  std::vector<Process> missing;
  for (const auto& [name, last] : last_)
    if (std::ranges::find(names, name) == names.end()) missing.push_back({name, last});
  return missing;
}

}  // namespace certes::questions
