#include "common/registry/asked.hpp"

#include <algorithm>

#include "common/event/pattern.hpp"

namespace certes::registry {
namespace {

// Whether `later` is about all that `one` is about.
bool covers(const Purge& later, const Purge& one) {
  if (later.until() < one.until()) return false;
  if (!later.classes.empty() && (one.classes.empty() || !std::ranges::all_of(one.classes, [&](const std::string& name) {
                                   return takes_class(later, name);
                                 })))
    return false;
  return later.pattern.empty() || later.pattern == one.pattern;
}

}  // namespace

bool takes_class(const Purge& purge, std::string_view priority) {
  return purge.classes.empty() || std::ranges::find(purge.classes, priority) != purge.classes.end();
}

// Of events of Certes' own a pattern that does not name them takes none; without one they are as all others.
bool takes_type(const Purge& purge, std::string_view type) {
  return purge.pattern.empty() || event::matches(purge.pattern, type);
}

bool takes(const Retry& retry, UnixMillis first_failed_at) {
  return first_failed_at < retry.at && first_failed_at >= retry.since;
}

const Purge* purge_to_go(const std::vector<Purge>& purges, const Purge& next, std::int64_t disabled_by) {
  const auto replaced = [&](const Purge& one) { return one.offset > disabled_by && covers(next, one); };
  if (purges.size() < kKeptPurges || std::ranges::any_of(purges, replaced)) return nullptr;
  return &*std::ranges::min_element(purges, {}, &Purge::until);
}

void add_purge(std::vector<Purge>& purges, Purge&& next, std::int64_t disabled_by) {
  if (const Purge* const gone = purge_to_go(purges, next, disabled_by))
    purges.erase(purges.begin() + (gone - purges.data()));
  std::erase_if(purges, [&](const Purge& one) { return one.offset > disabled_by && covers(next, one); });
  purges.push_back(std::move(next));
}

void add_retry(std::vector<Retry>& retries, Retry&& next) {
  std::erase_if(retries, [&](const Retry& one) { return one.since >= next.since; });
  if (retries.size() == kKeptRetries) retries.erase(retries.begin());
  retries.push_back(std::move(next));
}

}  // namespace certes::registry
