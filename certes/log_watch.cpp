#include "certes/log_watch.hpp"

#include <string>

namespace certes {
namespace {

std::string seconds(Millis lasted) { return std::to_string(lasted.count() / 1000) + " s"; }

}  // namespace

void LogWatch::look(const Result<void>& health, SteadyTime now) {
  if (health) {
    if (const auto lasted = away_.over(now)) tell_("kafka: answers again, after " + seconds(*lasted));
    return;
  }
  const auto line = away_.met(now);
  if (!line) return;
  const std::string meanwhile = "; events are answered 503, and deliveries rest, until it is back";
  if (line->lasting == Millis{0})
    tell_(health.error().message + meanwhile);
  else
    tell_(health.error().message + ", for " + seconds(line->lasting) + meanwhile);
}

}  // namespace certes
