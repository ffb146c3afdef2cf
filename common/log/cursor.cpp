#include "common/log/cursor.hpp"

namespace certes::log {
namespace {

constexpr Millis kLook{2'000};

}  // namespace

void Cursor::go_to(std::int64_t offset) {
  anew_ = false;
  lost_at_ = kNoOffset;
  reader_.reset();  // of one partition there may be one at a time
  reader_ = pace_ == Pace::prompt ? log_.reader(topic_, partition_, offset, wake_)
                                  : log_.follower(topic_, partition_, offset);
}

Result<std::size_t> Cursor::read(std::size_t max, std::vector<RecordPtr>& out) {
  if (lost_at_ != kNoOffset) return find_again();
  if (anew_) go_to(reader_->position());
  const std::size_t before = out.size();
  auto read = reader_->read(max, out);
  if (read) return read;
  anew_ = read.error().code != Code::unavailable;
  if (read.error().code != Code::not_found) return read;
  out.resize(before);
  lost_at_ = reader_->position();
  return find_again();
}

// Error: the log cannot be asked now; the next read asks again.
Result<std::size_t> Cursor::find_again() {
  const auto range = log_.offsets(topic_, partition_, kLook);
  if (!range) return fail(Code::unavailable, range.error().message);
  gone_ = Gone{lost_at_ < range->start ? Gone::trimmed : Gone::replaced, *range};
  go_to(range->start);
  return std::size_t{0};
}

}  // namespace certes::log
