#pragma once
// FailingEndpoints: which endpoints fail, and since when; and what the log is told of it: one line when an endpoint
// begins to fail, one a minute while it does, one when it works again, or when nothing waits for it any more. One that
// fails now and then is told of once a minute. However many there are, the log gets no more than kMostLines a minute,
// and one that says how many were left out. Who: Meters. Confined to the core loop; pure: time and the log are passed
// in.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/base/episode.hpp"
#include "dispatcher/ports.hpp"

namespace certes::dispatcher {

class FailingEndpoints {
 public:
  static constexpr std::uint32_t kMostLines = 100;  // a minute

  using Tell = std::function<void(std::string_view line)>;
  FailingEndpoints(const Clock& clock, Tell tell) : clock_(clock), tell_(std::move(tell)) {}

  // Precondition: it says something of its endpoint.
  void attempted(const AttemptSeen& attempt);
  // Nothing is sent to it any more: it was paused, disabled or deleted. Key: "tenant/id".
  void left(std::string_view key);
  // Tells what is due: once a second or so. `open`: how many deliveries an endpoint has that have not ended, by key.
  using Open = std::function<std::size_t(std::string_view key)>;
  void round(const Open& open);

  // Each that fails, and has deliveries open. `meter`: AttemptSeen's.
  using Visit = std::function<void(std::string_view tenant, std::size_t meter, Millis lasting)>;
  void visit(const Visit& visit) const;

 private:
  struct Trouble {
    Episode episode;
    bool lasts = false;
    bool idle = false;            // nothing is open
    SteadyTime since{}, moved{};  // when it began; the last attempt
    std::uint64_t failed = 0, failed_since_line = 0;
    std::string last;  // failure
    std::string tenant;
    std::size_t meter = 0;
  };
  void failed(const AttemptSeen& attempt, SteadyTime now);
  void works(std::string_view key, SteadyTime now);
  void tell_still(const std::string& key, Trouble& trouble, std::size_t open, SteadyTime now);
  void tell(SteadyTime now, const std::string& line);

  const Clock& clock_;
  const Tell tell_;
  std::map<std::string, Trouble, std::less<>> troubles_;  // by key; over or idle they stay for a minute
  SteadyTime minute_ends_ = SteadyTime::min();
  std::uint32_t lines_ = 0;     // of this minute
  std::uint64_t left_out_ = 0;  // of this minute
};

}  // namespace certes::dispatcher
