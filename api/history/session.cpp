#include "api/history/session.hpp"

namespace certes::api::history {
namespace {

constexpr Millis kLookEvery{1'000};

}  // namespace

Turn Session::turn() {
  if (index_.has_traces()) index_.wipe();
  bool dropped = false;
  if (const SteadyTime now = clock_.now(); now >= look_at_) {
    if (const Turn found = forward_.find_lanes(); found != Turn::busy) return found;
    dropped = backward_.drop_oldest() == Turn::busy;
    if (!dropped) look_at_ = now + kLookEvery;
  }
  const Turn turn = forward_.round();
  if (turn != Turn::idle) return turn;
  const Turn filled = backward_.step();
  return dropped ? Turn::busy : filled;
}

}  // namespace certes::api::history
