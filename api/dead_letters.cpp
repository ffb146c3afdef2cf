#include "api/dead_letters.hpp"

#include <limits>

#include "common/base/number.hpp"
#include "common/crypto/crypto.hpp"
#include "common/log/names.hpp"
#include "common/log/scan.hpp"
#include "common/log/terms.hpp"

namespace certes::api {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Millis kOffsetsLimit{1'000};
constexpr std::size_t kReadMax = 32;  // records at once: payloads are read with them

bool is_ours(const log::StoredRecord& record, std::string_view tenant) {
  const auto& headers = record.headers;
  if (headers.find(log::names::kTenant).value_or("default") != tenant) return false;
  // A record of a term alone has no rule, no delivery and no payload.
  return headers.find(log::names::kRule) || headers.find(log::names::kDelivery) || !record.value.empty();
}

// One request's reading.
struct Scan {
  log::Log& log;
  std::string_view tenant;
  const VisitDeadLetter& visit;
  std::size_t bytes_left;
  SteadyClock::time_point deadline;
  bool read = false;  // anything
  ScanEnd end = ScanEnd::all;

  bool over() const { return bytes_left == 0 || SteadyClock::now() > deadline; }

  // False: not on; `end` says why.
  bool take(const log::RecordPtr& record, log::Terms& terms) {
    read = true;
    bytes_left -= std::min(bytes_left, record->size());
    const bool counts = terms.counts(*record) && is_ours(*record, tenant);
    if (counts && !visit(record)) end = ScanEnd::enough;
    if (end == ScanEnd::all && bytes_left == 0) end = ScanEnd::budget;
    return end == ScanEnd::all;
  }
  // From the cursor to where its partition is to end, or ends now.
  Result<void> partition(DeadLetterCursor& cursor) {
    const auto range = log.offsets(log::Topic::dead_letters, cursor.partition, kOffsetsLimit);
    if (!range) return fail(range.error());
    cursor.offset = std::max(cursor.offset, range->start);
    const auto place = static_cast<std::size_t>(cursor.partition);
    const std::int64_t upto = place < cursor.ends.size() ? std::min(cursor.ends[place], range->end) : range->end;
    const auto late = [&](bool) -> std::optional<Error> {
      if (SteadyClock::now() <= deadline) return std::nullopt;
      end = ScanEnd::budget;
      return Error(Code::timeout, "the dead letters could not be read in time");
    };
    log::Terms terms(cursor.term);
    const auto done = log::scan(
        log, {log::Topic::dead_letters, cursor.partition, upto, kReadMax}, cursor.offset,
        [&](const log::RecordPtr& record) { return take(record, terms); }, late);
    cursor.term = terms.highest();
    if (!done && (end != ScanEnd::budget || !read)) return fail(done.error());
    return {};
  }
};

}  // namespace

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

Result<ScanEnd> scan_dead_letters(log::Log& log, std::string_view tenant, const ScanBudget& budget,
                                  DeadLetterCursor& cursor, const VisitDeadLetter& visit) {
  Scan scan{log, tenant, visit, budget.bytes, SteadyClock::now() + budget.time};
  while (cursor.partition < log.partitions()) {
    if (auto done = scan.partition(cursor); !done) return fail(std::move(done.error()));
    if (scan.end != ScanEnd::all) return scan.end;
    cursor = DeadLetterCursor{cursor.partition + 1, 0, 0, std::move(cursor.ends)};
    if (scan.over() && cursor.partition < log.partitions()) return ScanEnd::budget;
  }
  return ScanEnd::all;
}

Result<log::RecordPtr> read_dead_letter(log::Log& log, std::string_view tenant, const DeadLetterIds& ids,
                                        const DeadLetterIds::Id& id, Millis limit) {
  if (id.partition >= log.partitions()) return log::RecordPtr();
  const auto range = log.offsets(log::Topic::dead_letters, id.partition, kOffsetsLimit);
  if (!range) return fail(range.error());
  if (id.offset < range->start || id.offset >= range->end) return log::RecordPtr();
  log::RecordPtr found;
  std::int64_t at = id.offset;
  const auto deadline = SteadyClock::now() + limit;
  const auto late = [&](bool) -> std::optional<Error> {
    if (SteadyClock::now() <= deadline) return std::nullopt;
    return Error(Code::timeout, "the dead letter could not be read in time");
  };
  const auto keep = [&](const log::RecordPtr& record) {
    if (is_ours(*record, tenant) && ids.names(id, *record)) found = record;
    return false;
  };
  const auto done = log::scan(log, {log::Topic::dead_letters, id.partition, id.offset + 1, 1}, at, keep, late);
  if (!done) return fail(done.error());
  return found;
}

}  // namespace certes::api
