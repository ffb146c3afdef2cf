#pragma once
// Emptiness: whether a registry's topic that has never held a record is believed. Every installation writes to it
// before it accepts an event, so beside events it has lost what it held (deleted and made again):
// followed, it would be an installation without resources, whose events go to nobody. That is told, once a minute while
// it lasts, until the topic is restored or the process is started with registry.accept_empty. Who: Follower, on its
// thread.

#include <optional>
#include <string>

#include "common/base/clock.hpp"
#include "common/base/episode.hpp"
#include "common/base/result.hpp"
#include "common/log/log.hpp"

namespace certes::registry {

class Emptiness {
 public:
  Emptiness(log::Log& log, const Clock& clock, bool accepted) : log_(log), clock_(clock), accepted_(accepted) {}

  // Of a topic that ends at 0. Asks the log, and blocks for that. Error: unavailable, ask again.
  Result<void> believe();
  // The topic holds something.
  void over();
  // It is what holds the follower up.
  bool lasts() const { return lasts_; }
  static Error error();

 private:
  Result<std::optional<std::string>> find_records() const;
  Result<bool> still_empty() const;

  log::Log& log_;
  const Clock& clock_;
  const bool accepted_;
  bool lasts_ = false;
  Episode episode_;
};

}  // namespace certes::registry
