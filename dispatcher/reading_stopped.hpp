#pragma once
// ReadingStopped: tells when nothing is read as the index of what is open is full (dispatcher.index_bytes), so that
// what comes waits on the log, for whomever it is: once that has lasted, once a minute while it lasts, and when it is
// over. Who: core loop, once a second. Confined to it. Pure: the clock is passed in.

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/episode.hpp"

namespace certes::dispatcher {

class ReadingStopped {
 public:
  using Tell = std::function<void(std::string_view line)>;
  explicit ReadingStopped(Tell tell) : tell_(std::move(tell)) {}

  // `full`: the index is; `read`: records, since the last round. True: it is stopped.
  bool round(bool full, std::size_t read, std::size_t held_bytes, SteadyTime now) {
    if (!full || read > 0) {
      since_.reset();
      if (const auto lasted = told_.over(now)) tell_("events are read again, after " + seconds(*lasted + kPatience));
      return false;
    }
    if (!since_) since_ = now;
    if (now - *since_ < kPatience) return false;
    if (const auto line = told_.met(now))
      tell_("nothing has been read for " + seconds(line->lasting + kPatience) +
            ": the index of what is open is full (" + std::to_string(held_bytes >> 20) +
            " MiB, dispatcher.index_bytes), and what comes for anybody waits on the log");
    return true;
  }

 private:
  static constexpr Millis kPatience{5'000};  // it comes and goes where much waits
  static std::string seconds(Millis time) { return std::to_string(time.count() / 1000) + " s"; }

  const Tell tell_;
  std::optional<SteadyTime> since_;
  Episode told_;
};

}  // namespace certes::dispatcher
