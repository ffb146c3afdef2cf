#pragma once
// Cursor: reads one partition from a place on, for as long as its user likes, and notices when the log below the place
// goes away: trimmed (the log begins above it) or replaced (another log ends below it). That is told once, with what
// the log holds now; reading goes on at its start, unless the user says where. Who: whoever follows a partition that it
// does not own. What stands between two known offsets is scan's (scan.hpp). Confined to one thread. read blocks for the
// log's offsets (2 s at most), only where the place is gone; nothing else blocks. A Cursor ends before its log does.

#include <memory>
#include <optional>

#include "common/log/log.hpp"

namespace certes::log {

class Cursor {
 public:
  // How hurried its reading is: an engine may fetch seldom, and much, for who is patient.
  enum class Pace { prompt, patient };
  struct Gone {
    enum Why { trimmed, replaced } why;
    OffsetRange range;  // what the log holds now
  };

  // `wake` is not called at Pace::patient: look again now and then.
  Cursor(Log& log, Topic topic, std::int32_t partition, Wake wake, Pace pace = Pace::prompt)
      : log_(log), topic_(topic), partition_(partition), wake_(std::move(wake)), pace_(pace) {}

  // Reads from there on.
  void go_to(std::int64_t offset);
  bool open() const { return reader_ != nullptr; }
  void close() { reader_.reset(); }

  // As Reader::read, but that it has no not_found: none, and gone() tells. After every other error than unavailable the
  // next call tries anew, too. Precondition: open().
  Result<std::size_t> read(std::size_t max, std::vector<RecordPtr>& out);
  // What happened to the log in the last read, once.
  std::optional<Gone> gone() { return std::exchange(gone_, std::nullopt); }
  // The offset of the next record that read will give. Precondition: open().
  std::int64_t position() const { return reader_->position(); }

 private:
  Result<std::size_t> find_again();

  Log& log_;
  const Topic topic_;
  const std::int32_t partition_;
  const Wake wake_;
  const Pace pace_;
  std::unique_ptr<Reader> reader_;
  bool anew_ = false;                 // the reader has failed for good
  std::int64_t lost_at_ = kNoOffset;  // the place, while it is not known what became of the log
  std::optional<Gone> gone_;
};

}  // namespace certes::log
