#include "api/history/letters.hpp"

#include <algorithm>
#include <array>

#include "api/history/tables.hpp"
#include "common/base/number.hpp"
#include "common/event/redelivery.hpp"
#include "common/log/names.hpp"

namespace certes::api::history {
namespace {

namespace names = log::names;

constexpr std::array<std::string_view, 4> kLetterTexts = {"open", "replayed", "delivered", "discarded"};
constexpr std::size_t kMostLetterText = 4u << 10;  // of an error and an answer: what dispatchers write

struct TextOfLetter {
  std::string LetterRow::*member;
  std::string_view header;
};
constexpr TextOfLetter kTexts[] = {{&LetterRow::endpoint, names::kEndpoint}, {&LetterRow::event, names::kId},
                                   {&LetterRow::delivery, names::kDelivery}, {&LetterRow::type, "ce_type"},
                                   {&LetterRow::source, "ce_source"},        {&LetterRow::source_id, "ce_id"},
                                   {&LetterRow::subject, "ce_subject"},      {&LetterRow::time, "ce_time"},
                                   {&LetterRow::rule, names::kRule},         {&LetterRow::error, names::kError},
                                   {&LetterRow::answer, names::kAnswer},     {&LetterRow::origin, names::kOrigin},
                                   {&LetterRow::replay, names::kReplay},     {&LetterRow::policy, names::kPolicy}};

bool is_wanted(const std::optional<std::string>& wanted, std::string_view value) { return !wanted || *wanted == value; }

}  // namespace

std::string_view to_string(LetterState state) { return kLetterTexts.at(static_cast<std::size_t>(state)); }

std::optional<LetterState> parse_letter_state(std::string_view text) {
  const auto found = std::ranges::find(kLetterTexts, text);
  if (found == kLetterTexts.end()) return std::nullopt;
  return static_cast<LetterState>(found - kLetterTexts.begin());
}

std::string letter_states() {
  std::string all;
  for (const std::string_view text : kLetterTexts) all.append(all.empty() ? "" : ", ").append(text);
  return all;
}

// What was delivered was, whatever somebody thought of it before.
LetterState LetterRow::state() const {
  if (delivered) return LetterState::delivered;
  if (discarded) return LetterState::discarded;
  return replayed ? LetterState::replayed : LetterState::open;
}

std::optional<LetterRow> letter_row(const log::StoredRecord& record) {
  const auto& headers = record.headers;
  // A record of a term alone, or of discards, has no rule, no delivery and no payload.
  if (!headers.find(names::kRule) && !headers.find(names::kDelivery) && record.value.empty()) return std::nullopt;
  LetterRow row;
  row.place = {record.partition, record.offset};
  row.at = record.appended_at;
  row.tenant = headers.find(names::kTenant).value_or("default");
  for (const TextOfLetter& text : kTexts) row.*text.member = headers.get(text.header).substr(0, kMostLetterText);
  row.attempts = parse_whole<std::int64_t>(headers.get(names::kAttempts)).value_or(0);
  row.replays = event::replays_of(headers);
  row.bytes = static_cast<std::int64_t>(record.value.size());
  row.hollow = event::is_hollow(record);
  return row;
}

std::vector<std::int64_t> discarded_by(const log::StoredRecord& record) {
  std::vector<std::int64_t> offsets;
  std::string_view left = record.headers.get(names::kDiscards);
  while (!left.empty()) {
    const std::string_view word = left.substr(0, left.find(' '));
    left.remove_prefix(std::min(left.size(), word.size() + 1));
    if (const auto offset = parse_whole<std::int64_t>(word)) offsets.push_back(*offset);
  }
  return offsets;
}

void merge(LetterRow& known, const LetterRow& told) {
  const LetterRow before = known.at == 0 && told.at != 0 ? std::exchange(known, told) : told;
  known.replayed = known.replayed || before.replayed;
  known.delivered = known.delivered || before.delivered;
  known.discarded = known.discarded || before.discarded;
}

bool LetterFilter::matches(const LetterRow& letter) const {
  return letter.tenant == tenant && is_wanted(endpoint, letter.endpoint) && is_wanted(type, letter.type) &&
         is_wanted(rule, letter.rule) && is_wanted(event, letter.event) && is_wanted(delivery, letter.delivery) &&
         (!state || *state == letter.state()) && letter.at >= from && letter.at < to;
}

LetterWay way_of(const LetterFilter& filter) {
  if (filter.delivery) return LetterWay::delivery;
  if (filter.event) return LetterWay::event;
  return filter.endpoint ? LetterWay::endpoint : LetterWay::time;
}

std::optional<std::string_view> key_of(LetterWay way, const LetterFilter& filter) {
  switch (way) {
    case LetterWay::delivery: return filter.delivery;
    case LetterWay::event: return filter.event;
    case LetterWay::endpoint: return filter.endpoint;
    case LetterWay::time: break;
  }
  return std::nullopt;
}

std::string sql_of(LetterWay way) {
  constexpr std::array<const char*, 4> kColumns = {"delivery", "event", "endpoint", nullptr};
  const char* const column = kColumns.at(static_cast<std::size_t>(way));
  const std::string key = column == nullptr ? "" : " AND " + std::string(column) + "=?2";
  return "SELECT " + kLetterColumns + " FROM letters INDEXED BY letters_" + (column == nullptr ? "time" : column) +
         " WHERE tenant=?1" + key +
         " AND at>0 AND at>=?3 AND at<?4 AND (at,p,o)<(?5,?6,?7) ORDER BY at DESC, p DESC, o DESC LIMIT ?8";
}

}  // namespace certes::api::history
