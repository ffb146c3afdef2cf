#pragma once
// LineLimit: whether what happens often may be told now: at most once in a while for each name. Used where a log line
// tells what others can cause. Any thread.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"

namespace certes {

class LineLimit {
 public:
  // `most_names`: above, those told longest ago are forgotten once their time is over; until then the rest share one.
  explicit LineLimit(Millis every = Millis{60'000}, std::size_t most_names = 1'000)
      : every_(every), most_names_(most_names) {}

  // Nothing: not now. Else how often it has happened since it was told last, this time included.
  std::optional<std::uint64_t> due(std::string_view name, SteadyTime now) {
    const Lock lock(mutex_);
    Said& said = of(name, now);
    ++said.times;
    if (now < said.next) return std::nullopt;
    said.next = now + every_;
    return std::exchange(said.times, 0);
  }

 private:
  struct Said {
    SteadyTime next = SteadyTime::min();
    std::uint64_t times = 0;  // since the last line
  };

  Said& of(std::string_view name, SteadyTime now) CERTES_REQUIRES(mutex_) {
    if (const auto found = said_.find(name); found != said_.end()) return found->second;
    if (said_.size() >= most_names_) std::erase_if(said_, [now](const auto& one) { return one.second.next <= now; });
    return said_.size() >= most_names_ ? rest_ : said_[std::string(name)];
  }

  const Millis every_;
  const std::size_t most_names_;
  Mutex mutex_;
  std::map<std::string, Said, std::less<>> said_ CERTES_GUARDED_BY(mutex_);
  Said rest_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes
