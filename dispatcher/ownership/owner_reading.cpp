#include <algorithm>
#include <charconv>

#include "common/base/hash.hpp"
#include "common/log/names.hpp"
#include "dispatcher/ownership/owner_impl.hpp"

namespace certes::dispatcher {
namespace {

constexpr Millis kRetry{100};
constexpr Millis kLookup{1'000};
constexpr std::size_t kReadAtOnce = 32;  // records, between looks at their bytes

}  // namespace

Result<std::size_t> Owner::Impl::read(std::size_t max_records, std::size_t max_bytes) {
  std::size_t given = 0, bytes = 0;
  while (given < max_records && bytes < max_bytes) {
    records_.clear();
    const std::size_t wanted = std::min(max_records - given, kReadAtOnce);
    const auto count = member_->read(wanted, records_);
    if (!count) {
      read_failed(count.error());
      return given;
    }
    for (log::RecordPtr& record : records_) {
      bytes += record->size();
      give(record);
      record.reset();
    }
    given += *count;
    if (*count < wanted) return given;
  }
  if (wake_) wake_();  // there may be more
  return given;
}

void Owner::Impl::give(const log::RecordPtr& record) {
  Part* part = find(record->partition);
  if (part == nullptr || part->phase != Phase::run || part->revoked || record->offset < part->next) return;
  part->given = part->next = record->offset + 1;
  const std::string_view id = record->headers.get(log::names::kId);
  if (!id.empty() && !part->index.ahead().empty()) part->index.keep_ahead(record->offset, hash64(id));
  handler_.on_record(record);
}

// What is never given (marks of transactions, what they aborted, what was erased or lost) counts as routed once all is
// that was given.
void Owner::Impl::pass_gap(Part& part) {
  if (part.index.position() < part.given) return;
  part.next = std::max(part.next, member_->position(part.partition));
  part.index.pass(part.next);
  part.given = part.next;
}

void Owner::Impl::read_failed(const Error& error) {
  std::int32_t partition = -1;
  std::from_chars(error.pointer.data(), error.pointer.data() + error.pointer.size(), partition);
  Part* part = find(partition);
  if (part == nullptr || part->phase != Phase::run) return;
  part->reading_failed = true;
  part->retry_at = now_ + (error.code == Code::not_found ? Millis{0} : kRetry);
}

// The engine has stopped giving this partition's records: go on where the log allows it. May destroy `part`.
void Owner::Impl::resume_reading(Part& part) {
  if (looked_up_) return;
  looked_up_ = true;
  const auto range = log_.offsets(log::Topic::events, part.partition, kLookup);
  part.retry_at = now_ + kRetry;
  if (!range) return;
  part.reading_failed = false;
  if (part.next > range->end) {  // not the log that it was: everything anew
    const std::int32_t partition = part.partition;
    drop(part, true);
    on_assigned({partition});
    return;
  }
  const std::int64_t lost = range->start - part.next;
  part.next = std::max(part.next, range->start);
  member_->start(part.partition, part.next);
  if (lost > 0) handler_.on_log_lost(part.partition, lost);
}

}  // namespace certes::dispatcher
