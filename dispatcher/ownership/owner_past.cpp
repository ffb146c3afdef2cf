// Reading back the records before where an owner's own reading begins: for de-duplication, where the log does it not.
#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr Millis kStalled{2'000};
constexpr Millis kLookup{1'000};
constexpr int kStallsAllowed = 3;  // while the log answers: there is nothing (more) to be read
constexpr std::size_t kPage = 512;
constexpr int kPagesARound = 16;

}  // namespace

// False: not done yet.
bool Owner::Impl::read_past(Part& part) {
  Loading& loading = part.loading;
  const std::int64_t end = part.index.position();
  if (!loading.reader && !open_past(part, end)) return false;
  std::vector<log::RecordPtr> page;
  for (int pages = 0; loading.reader && pages < kPagesARound; ++pages) {
    page.clear();
    const auto read = loading.reader->read(kPage, page);
    if (!read) {
      if (read.error().code != Code::unavailable) loading.reader.reset();  // trimmed meanwhile: what is left
      part.retry_at = now_ + kRetry;
      return false;
    }
    for (const log::RecordPtr& record : page) {
      if (record->offset >= end) break;
      handler_.on_past_record(*record);
      loading.read_back.took(*record);
    }
    if (loading.reader->position() >= end || (page.empty() && past_stalled(part))) loading.reader.reset();
    if (loading.reader && !page.empty()) go_nearer(part);
    if (loading.reader && page.empty()) return false;
    if (!page.empty()) loading.since = now_;
  }
  if (!loading.reader) {
    if (loading.read_back.from() < end) handler_.on_past_read(part.partition, loading.read_back);
    loading.step = Loading::tails;
    return true;
  }
  if (wake_) wake_();  // there is more
  return false;
}

// The window ends with the newest record that was read before: repeats of older ones may stand right behind it.
bool Owner::Impl::open_past(Part& part, std::int64_t end) {
  Loading& loading = part.loading;
  const std::int64_t known = handler_.past_known(part.partition);
  log::ReadBack::Span span{known, known, end};
  const book::Landmark last = part.index.landmarks().noted()[0];
  const UnixMillis newest = last.offset >= 0 ? last.appended_at : clock_.unix_millis();
  if (options_.read_back.records > 0 && known < end) {
    if (looked_up_) return false;
    looked_up_ = true;
    const auto at =
        log_.offset_at(log::Topic::events, part.partition, newest - options_.read_back_window.count(), kLookup);
    if (!at) {
      part.retry_at = now_ + kRetry;
      return false;
    }
    span.window = *at;
  }
  loading.since = now_;
  loading.read_back = log::ReadBack(options_.read_back, span);
  if (loading.read_back.from() < end)
    loading.reader = log_.reader(log::Topic::events, part.partition, loading.read_back.from(), wake_);
  else
    loading.step = Loading::tails;
  return true;
}

// What is left would be too much.
void Owner::Impl::go_nearer(Part& part) {
  Loading& loading = part.loading;
  const auto to = loading.read_back.jump(loading.reader->position());
  if (!to) return;
  loading.reader.reset();
  if (*to < loading.read_back.end()) loading.reader = log_.reader(log::Topic::events, part.partition, *to, wake_);
}

// The last records may be of a kind that is never given (a foreign transaction's marks).
bool Owner::Impl::past_stalled(Part& part) {
  Loading& loading = part.loading;
  if (now_ - loading.since < kStalled || looked_up_) return false;
  looked_up_ = true;
  loading.since = now_;
  return log_.offsets(log::Topic::events, part.partition, kLookup) && ++loading.stalls >= kStallsAllowed;
}

}  // namespace certes::dispatcher
