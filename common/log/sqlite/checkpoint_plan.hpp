#pragma once
// CheckpointPlan: when the write-ahead log goes into the file, and who does it. It is kept short, as it is read whole
// when the file is opened, and kept from being begun anew too often, as that costs the writer a pause. Most of it is
// copied by a thread beside the writer (Checkpointer); but it can only begin anew at a moment when all of it is copied,
// which under load never comes by itself: past kRestartBytes the writer copies the last of it between two commits.
// Where the disk does not keep up, or readers do not let it begin anew, the writer stands still at kTruncateBytes until
// it has. It grows beyond by one transaction, and further only while another process reads the file.
// Who: Writer, after each commit. Pure.

#include <algorithm>
#include <cstdint>

namespace certes::log::sqlite {

class CheckpointPlan {
 public:
  static constexpr std::int64_t kStepBytes = 2 << 20;       // copied beside the writer
  static constexpr std::int64_t kRestartBytes = 8 << 20;    // from there on it is to begin anew
  static constexpr std::int64_t kLastBytes = 512 << 10;     // so much is copied by the writer
  static constexpr std::int64_t kTruncateBytes = 64 << 20;  // all wait until it has begun anew

  enum class Step { none, beside, last, truncate };

  // `bytes`: of the write-ahead log, after a commit. `busy`: the thread beside the writer is at it; truncate waits for
  // its end.
  Step next(std::int64_t bytes, bool busy) {
    if (bytes < bytes_) copied_ = retry_from_ = 0;  // it has begun anew
    bytes_ = bytes;
    const std::int64_t left = bytes - copied_;
    if (bytes < retry_from_ || left == 0) return Step::none;
    if (bytes >= kTruncateBytes) return Step::truncate;
    if (busy) return Step::none;
    if (bytes >= kRestartBytes) return left <= kLastBytes ? Step::last : Step::beside;
    return left >= kStepBytes ? Step::beside : Step::none;
  }

  // A checkpoint has ended: that much from the front is in the file. Where readers, or an error, kept it from copying
  // more than before, it waits for more to come.
  void copied(std::int64_t bytes) {
    if (bytes <= copied_) retry_from_ = bytes_ + kStepBytes;
    copied_ = std::max(copied_, std::min(bytes, bytes_));
  }

 private:
  std::int64_t bytes_ = 0;       // at the last commit
  std::int64_t copied_ = 0;      // of these, from the front
  std::int64_t retry_from_ = 0;  // below that much there is no new attempt
};

}  // namespace certes::log::sqlite
