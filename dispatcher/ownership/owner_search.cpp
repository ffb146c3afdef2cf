// What an owner goes by where a commit is not its group's: the newest checkpoint on `progress`.
#include <algorithm>

#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr Millis kStalled{2'000};
constexpr Millis kLookup{1'000};
constexpr Millis kOthersRetry{60'000};
constexpr std::size_t kPage = 512;
constexpr int kPagesARound = 16;

}  // namespace

// `committed`: what is not believed; kNoOffset: nothing is committed.
void Owner::Impl::begin_search(Part& part, std::int64_t committed) {
  begin_term(part, now_);
  part.phase = Phase::search;
  part.retry_at = now_;
  part.loading = {};
  part.loading.disbelieved = committed;
}

void Owner::Impl::search(Part& part) {
  if (now_ < part.retry_at) return;
  Loading& loading = part.loading;
  if (!loading.reader) {
    if (looked_up_) return;
    looked_up_ = true;
    const auto range = log_.offsets(log::Topic::progress, part.partition, kLookup);
    if (!range) {
      part.retry_at = now_ + kRetry;
      return;
    }
    loading.search_end = range->end;
    loading.since = now_;
    if (range->start >= range->end) return searched(part);
    const std::int64_t from = loading.believed ? std::max(range->start, range->end - 1) : range->start;
    loading.reader = log_.reader(log::Topic::progress, part.partition, from, wake_);
  }
  if (search_pages(part)) searched(part);
}

// True: all that there was has been read.
bool Owner::Impl::search_pages(Part& part) {
  Loading& loading = part.loading;
  std::vector<log::RecordPtr> page;
  for (int pages = 0; pages < kPagesARound; ++pages) {
    page.clear();
    const auto read = loading.reader->read(kPage, page);
    if (!read) {
      if (read.error().code == Code::not_found) loading.reader.reset();  // trimmed meanwhile
      part.retry_at = now_ + kRetry;
      return false;
    }
    for (const log::RecordPtr& record : page)
      if (record->offset < loading.search_end) loading.search.add(*record);
    if (loading.reader->position() >= loading.search_end) return true;
    if (page.empty()) break;
    loading.since = now_;
  }
  if (page.empty()) return now_ - loading.since >= kStalled && search_stalled(part);
  if (wake_) wake_();  // there is more
  return false;
}

// The last records may be of a kind that is never given (a foreign transaction's marks).
bool Owner::Impl::search_stalled(Part& part) {
  if (looked_up_) return false;
  looked_up_ = true;
  part.loading.since = now_;
  return log_.offsets(log::Topic::progress, part.partition, kLookup).has_value();
}

// Two groups would send everything twice.
bool Owner::Impl::is_others(const std::string& group) const {
  return !group.empty() && !options_.group.empty() && group != options_.group;
}

void Owner::Impl::searched(Part& part) {
  const auto found = part.loading.search.newest();
  std::optional<log::Committed> believed = std::move(part.loading.believed);
  const std::string group = believed || !found ? part.loading.search.last_group() : part.loading.search.group();
  if (is_others(group)) {
    part.loading = {};
    part.phase = Phase::ask;
    part.retry_at = now_ + kOthersRetry;
    return handler_.on_other_group(part.partition, group);
  }
  if (believed) {
    part.phase = Phase::ask;
    return take_term(part, std::move(*believed));
  }
  const std::int64_t disbelieved = part.loading.disbelieved;
  log::Committed instead;
  if (found) instead = {found->offset, encode(*found)};
  if (found || disbelieved != log::kNoOffset)
    handler_.on_commit_disbelieved(part.partition, disbelieved, instead.offset);
  part.phase = Phase::ask;
  take_term(part, std::move(instead));
}

}  // namespace certes::dispatcher
