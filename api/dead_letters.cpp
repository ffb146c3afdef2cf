#include "api/dead_letters.hpp"

#include <limits>

#include "common/base/number.hpp"
#include "common/crypto/crypto.hpp"
#include "common/log/names.hpp"
#include "common/log/scan.hpp"

namespace certes::api {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Millis kOffsetsLimit{1'000};
constexpr std::size_t kReadMax = 32;  // records at once: payloads are read with them

}  // namespace

bool is_letter_of(const log::StoredRecord& record, std::string_view tenant) {
  if (record.headers.find(log::names::kTenant).value_or("default") != tenant) return false;
  return history::letter_row(record).has_value();
}

std::string DeadLetterCursor::text() const {
  std::string plain = std::to_string(partition) + "-" + std::to_string(offset) + "-" + std::to_string(term);
  for (const std::int64_t end : ends) plain.append("-").append(std::to_string(end));
  return crypto::base64url_encode(plain);
}

std::optional<DeadLetterCursor> DeadLetterCursor::parse(std::string_view text) {
  std::string base64(text);
  for (char& c : base64) c = c == '-' ? '+' : c == '_' ? '/' : c;
  base64.append((4 - base64.size() % 4) % 4, '=');
  const auto plain = crypto::base64_decode(base64);
  if (!plain) return std::nullopt;
  std::vector<std::int64_t> numbers;
  for (std::size_t at = 0; at <= plain->size();) {
    const std::size_t end = std::min(plain->find('-', at), plain->size());
    const auto number = parse_whole<std::int64_t>(std::string_view(*plain).substr(at, end - at));
    if (!number) return std::nullopt;
    numbers.push_back(*number);
    at = end + 1;
  }
  if (numbers.size() < 3 || numbers[0] > std::numeric_limits<std::int32_t>::max()) return std::nullopt;
  return DeadLetterCursor{
      static_cast<std::int32_t>(numbers[0]), numbers[1], numbers[2], {numbers.begin() + 3, numbers.end()}};
}

Result<void> end_here(log::Log& log, DeadLetterCursor& cursor) {
  std::vector<std::int64_t> ends;
  for (std::int32_t partition = 0; partition < log.partitions(); ++partition) {
    const auto range = log.offsets(log::Topic::dead_letters, partition, kOffsetsLimit);
    if (!range) return fail(range.error());
    ends.push_back(range->end);
  }
  cursor.ends = std::move(ends);
  return {};
}

DeadLetterScan::DeadLetterScan(log::Log& log, std::string tenant, const ScanBudget& budget, DeadLetterCursor cursor)
    : log_(log),
      tenant_(std::move(tenant)),
      bytes_left_(budget.bytes),
      deadline_(SteadyClock::now() + budget.time),
      cursor_(std::move(cursor)) {}

Result<std::optional<ScanEnd>> DeadLetterScan::go_on(SteadyTime until, const VisitDeadLetter& visit) {
  end_.reset();
  while (cursor_.partition < log_.partitions()) {
    paused_ = false;
    if (auto done = read_partition(until, visit); !done) return fail(std::move(done.error()));
    if (end_ || paused_) return end_;
    cursor_ = DeadLetterCursor{cursor_.partition + 1, 0, 0, std::move(cursor_.ends)};
    if (is_over() && cursor_.partition < log_.partitions()) return ScanEnd::budget;
  }
  return ScanEnd::all;
}

// From the cursor to where its partition is to end, or ends now; unless it is paused, or `end_` says why not.
Result<void> DeadLetterScan::read_partition(SteadyTime until, const VisitDeadLetter& visit) {
  const auto range = log_.offsets(log::Topic::dead_letters, cursor_.partition, kOffsetsLimit);
  if (!range) return fail(range.error());
  cursor_.offset = std::max(cursor_.offset, range->start);
  const auto place = static_cast<std::size_t>(cursor_.partition);
  const std::int64_t upto = place < cursor_.ends.size() ? std::min(cursor_.ends[place], range->end) : range->end;
  const auto late = [&](bool) -> std::optional<Error> {
    if (SteadyClock::now() <= deadline_) return std::nullopt;
    end_ = ScanEnd::budget;
    return Error(Code::timeout, "the dead letters could not be read in time");
  };
  log::Terms terms(cursor_.term);
  const auto visit_one = [&](const log::RecordPtr& record) {
    if (!take(record, terms, visit)) return false;
    paused_ = SteadyClock::now() >= until;
    return !paused_;
  };
  const auto done =
      log::scan(log_, {log::Topic::dead_letters, cursor_.partition, upto, kReadMax}, cursor_.offset, visit_one, late);
  cursor_.term = terms.highest();
  if (!done && (end_ != ScanEnd::budget || !read_)) return fail(done.error());
  return {};
}

// False: not on; `end_` says why.
bool DeadLetterScan::take(const log::RecordPtr& record, log::Terms& terms, const VisitDeadLetter& visit) {
  read_ = true;
  bytes_left_ -= std::min(bytes_left_, record->size());
  const bool counts = terms.counts(*record) && is_letter_of(*record, tenant_);
  if (counts && !visit(record)) end_ = ScanEnd::enough;
  if (!end_ && bytes_left_ == 0) end_ = ScanEnd::budget;
  return !end_;
}

Result<log::RecordPtr> read_dead_letter(log::Log& log, std::string_view tenant, const DeadLetterIds& ids,
                                        const DeadLetterIds::Id& id, Millis limit) {
  if (id.partition >= log.partitions()) return log::RecordPtr();
  auto letter = log::read_at(log, log::Topic::dead_letters, id.partition, id.offset, limit);
  if (!letter || !*letter) return letter;
  return is_letter_of(**letter, tenant) && ids.names(id, **letter) ? std::move(*letter) : log::RecordPtr();
}

}  // namespace certes::api
