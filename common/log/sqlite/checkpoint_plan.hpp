#pragma once
// CheckpointPlan: when the write-ahead log goes into the file, and who does it. It is kept short, as it is read whole
// when the file is opened, and kept from being begun anew too often, as that costs the writer a pause. Most of it is
// copied by a thread beside the writer (Checkpointer); but it can only begin anew at a moment when all of it is copied,
// which under load never comes by itself: past kRestartPages the writer copies the last few pages between two commits.
// Who: Writer, after each commit. Pure.

#include <algorithm>

namespace certes::log::sqlite {

class CheckpointPlan {
 public:
  static constexpr int kPages = 500;                        // 2 MB: copied beside the writer
  static constexpr int kRestartPages = (8 << 20) / 4096;    // from there on it is to begin anew
  static constexpr int kLastPages = 100;                    // so few are copied by the writer
  static constexpr int kTruncatePages = (64 << 20) / 4096;  // readers are held off, so that it surely does

  enum class Step { none, beside, last, truncate };

  // `pages`: of the write-ahead log, after a commit. `busy`: the thread beside the writer is at it.
  Step next(int pages, bool busy) {
    if (pages < pages_) copied_ = retry_from_ = 0;  // it has begun anew
    pages_ = pages;
    const int left = pages - copied_;
    if (busy || pages < retry_from_ || left == 0) return Step::none;
    if (pages >= kTruncatePages) return Step::truncate;
    if (pages >= kRestartPages) return left <= kLastPages ? Step::last : Step::beside;
    return left >= kPages ? Step::beside : Step::none;
  }

  // A checkpoint has ended: that many pages from the front are in the file. Where readers, or an error, kept it from
  // copying more than before, it waits for more to come.
  void copied(int pages) {
    if (pages <= copied_) retry_from_ = pages_ + kPages;
    copied_ = std::max(copied_, std::min(pages, pages_));
  }

 private:
  int pages_ = 0;       // at the last commit
  int copied_ = 0;      // of these, from the front
  int retry_from_ = 0;  // pages below which there is no new attempt
};

}  // namespace certes::log::sqlite
