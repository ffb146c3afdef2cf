#pragma once
// Session: one index from its opening until it is closed or given up. Who: History; its thread alone. Throws Failure.

#include "api/history/backward.hpp"
#include "api/history/file.hpp"
#include "api/history/forward.hpp"

namespace certes::api::history {

class Session {
 public:
  Session(const std::string& path, log::Log& log, const Clock& clock, Backward::Bounds bounds, TextBounds texts)
      : clock_(clock),
        index_(path, texts),
        forward_(log, index_, lanes_, clock),
        backward_(log, index_, lanes_, clock, bounds) {}

  // What has come, then, if little has, a bite of what was before; now and then what is too old goes.
  Turn turn();

  std::optional<UnixMillis> until() const { return forward_.until(); }
  std::optional<UnixMillis> from() const { return backward_.from(); }
  bool is_filled() { return backward_.is_filled(); }
  std::optional<UnixMillis> letters_from() const { return backward_.letters_from(); }
  const Index& index() const { return index_; }

 private:
  const Clock& clock_;
  Index index_;
  Lanes lanes_;
  Forward forward_;
  Backward backward_;
  SteadyTime look_at_ = SteadyTime::min();  // for new partitions, and what is old
};

}  // namespace certes::api::history
