#include "gateway/api/dead_letters.hpp"

#include <charconv>

#include "common/crypto/crypto.hpp"
#include "common/log/names.hpp"
#include "common/log/scan.hpp"

namespace certes::gateway::api {
namespace {

constexpr Millis kScanLimit{10'000};
constexpr Millis kOffsetsLimit{2'000};

std::optional<std::int64_t> parse_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Place {
  std::int32_t partition;
  std::int64_t offset;
};

std::optional<Place> parse_place(std::string_view id) {
  const std::size_t dash = id.find('-');
  if (dash == id.npos) return std::nullopt;
  const auto partition = parse_number(id.substr(0, dash));
  const auto offset = parse_number(id.substr(dash + 1));
  if (!partition || !offset || *partition < 0 || *partition > INT32_MAX || *offset < 0) return std::nullopt;
  return Place{static_cast<std::int32_t>(*partition), *offset};
}

// Whether the record is a dead letter of the tenant; keeps the highest term.
bool counts(const log::StoredRecord& record, std::string_view tenant, std::int64_t& term) {
  // What a gateway quarantined has no owner, and no term.
  if (const auto own = record.headers.find(log::names::kTerm)) {
    const std::int64_t value = parse_number(*own).value_or(0);
    if (value < term) return false;
    term = value;
  }
  const auto owner = record.headers.find(log::names::kTenant);
  if (owner.value_or("default") != tenant) return false;
  // A record of a term alone has no rule, no delivery and no payload.
  return record.headers.find(log::names::kRule) || record.headers.find(log::names::kDelivery) || !record.value.empty();
}

// One partition, from the cursor to where it ends now. True: `visit` said stop.
Result<bool> scan_partition(log::Log& log, std::string_view tenant, DeadLetterCursor& cursor,
                            const VisitDeadLetter& visit, std::chrono::steady_clock::time_point deadline) {
  const auto range = log.offsets(log::Topic::dead_letters, cursor.partition, kOffsetsLimit);
  if (!range) return fail(range.error());
  cursor.offset = std::max(cursor.offset, range->start);
  const auto visit_ours = [&](const log::RecordPtr& record) {
    return !counts(*record, tenant, cursor.term) || visit(record);
  };
  const auto give_up = [&](bool came) -> std::optional<Error> {
    if (came || std::chrono::steady_clock::now() <= deadline) return std::nullopt;
    return Error(Code::timeout, "the dead letters could not be read in time");
  };
  return log::scan(log, {log::Topic::dead_letters, cursor.partition, range->end}, cursor.offset, visit_ours, give_up);
}

}  // namespace

std::string DeadLetterCursor::text() const {
  return crypto::base64url_encode(std::to_string(partition) + "-" + std::to_string(offset) + "-" +
                                  std::to_string(term));
}

std::optional<DeadLetterCursor> DeadLetterCursor::parse(std::string_view text) {
  std::string base64(text);
  for (char& c : base64) c = c == '-' ? '+' : c == '_' ? '/' : c;
  base64.append((4 - base64.size() % 4) % 4, '=');
  const auto plain = crypto::base64_decode(base64);
  if (!plain) return std::nullopt;
  const std::size_t dash = plain->rfind('-');
  if (dash == std::string::npos) return std::nullopt;
  const auto place = parse_place(std::string_view(*plain).substr(0, dash));
  const auto term = parse_number(std::string_view(*plain).substr(dash + 1));
  if (!place || !term || *term < 0) return std::nullopt;
  return DeadLetterCursor{place->partition, place->offset, *term};
}

Result<bool> scan_dead_letters(log::Log& log, std::string_view tenant, DeadLetterCursor& cursor,
                               const VisitDeadLetter& visit) {
  const auto deadline = std::chrono::steady_clock::now() + kScanLimit;
  while (cursor.partition < log.partitions()) {
    auto stopped = scan_partition(log, tenant, cursor, visit, deadline);
    if (!stopped || *stopped) return stopped;
    cursor = DeadLetterCursor{cursor.partition + 1, log::kLogStart, 0};
  }
  return false;
}

Result<log::RecordPtr> find_dead_letter(log::Log& log, std::string_view tenant, std::string_view id) {
  const auto place = parse_place(id);
  log::RecordPtr found;
  DeadLetterCursor cursor;
  if (place) cursor.partition = place->partition;
  const auto scanned = scan_dead_letters(log, tenant, cursor, [&](const log::RecordPtr& record) {
    if (place && (record->partition != place->partition || record->offset > place->offset)) return false;
    const bool hit = place ? record->offset == place->offset : record->headers.get(log::names::kDelivery) == id;
    if (hit) found = record;
    return !hit;
  });
  if (!scanned) return fail(scanned.error());
  return found;
}

std::string place_of(const log::StoredRecord& record) {
  return std::to_string(record.partition) + "-" + std::to_string(record.offset);
}

std::string id_of(const log::StoredRecord& record) {
  const auto delivery = record.headers.find(log::names::kDelivery);
  return delivery && !delivery->empty() ? std::string(*delivery) : place_of(record);
}

}  // namespace certes::gateway::api
