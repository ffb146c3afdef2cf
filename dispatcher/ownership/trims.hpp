#pragma once
// Trims: the calls to the log that let go of what is finished. They block, so they run on a thread of their own
// (Trimmer), and how they ended is asked for. Who: Owner. Confined to the core loop.

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/log/log.hpp"
#include "dispatcher/ownership/trimmer.hpp"

namespace certes::dispatcher {

class Trims {
 public:
  enum class What : std::uint8_t {
    progress,  // older checkpoints
    below,     // finished events below the watermark
    age,       // which events are old enough: the first that is not
    between,   // finished events between open ones
  };
  struct Of {
    What what = What::progress;
    std::int32_t partition = 0;
    std::uint64_t epoch = 0;  // of its assignment
  };
  struct End {
    Of of;
    Result<std::int64_t> found;  // of What::age; else 0
  };
  using Call = std::function<Result<std::int64_t>(log::Log&)>;
  using Background = std::function<void(std::function<void()>)>;

  // `background`: where calls run; none: on a thread of its own. `wake`: when one has ended. The log outlives it.
  Trims(log::Log& log, Background background, log::Wake wake);

  void run(Of of, Call call);
  // Those that have ended since the last time.
  std::vector<End> take_ended();

 private:
  struct Ended {
    Mutex mutex;
    std::vector<End> ends CERTES_GUARDED_BY(mutex);
  };

  log::Log& log_;
  const Background background_;
  const log::Wake wake_;
  const std::shared_ptr<Ended> ended_ = std::make_shared<Ended>();
  std::unique_ptr<Trimmer> trimmer_;  // from the first call on; its thread is joined before all else goes
};

log::Topic topic_of(Trims::What what);

}  // namespace certes::dispatcher
