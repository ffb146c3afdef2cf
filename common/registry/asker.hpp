#pragma once
// Asker: a thread for the log's questions that block: where the registry topic ends, and trimming it. One question at a
// time serves all that were waiting when it was asked. Who: Registry.

#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/base/wake_signal.hpp"
#include "common/log/log.hpp"
#include "common/registry/registry.hpp"

namespace certes::registry {

using FenceDone = std::function<void(StatePtr)>;

class Asker {
 public:
  // `answered(end, asked_at, waiting)`: the topic's end, as asked for when the follower stood at `asked_at`, for those
  // who wait; called on the asker's thread. `position`: where the follower stands now; any thread.
  using Answered = std::function<void(std::int64_t end, std::int64_t asked_at, std::vector<FenceDone> waiting)>;
  Asker(log::Log& log, std::function<std::int64_t()> position, Answered answered);
  ~Asker();

  void ask(FenceDone waiting);     // any thread
  void trim(std::int64_t before);  // any thread; repeated until it succeeds or a higher one takes its place

 private:
  void run();
  bool ask_now();
  bool trim_now();

  log::Log& log_;
  const std::function<std::int64_t()> position_;
  const Answered answered_;
  WakeSignal signal_;
  std::atomic<bool> stopping_{false};
  Mutex mutex_;
  std::vector<FenceDone> waiting_ CERTES_GUARDED_BY(mutex_);
  std::int64_t trim_before_ CERTES_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace certes::registry
