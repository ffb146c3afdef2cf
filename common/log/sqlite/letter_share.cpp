#include "common/log/sqlite/letter_share.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "common/log/names.hpp"
#include "common/log/sqlite/record_format.hpp"

namespace certes::log::sqlite {
namespace {

constexpr Bite kBite{256, 4 << 20};  // read of one transaction
constexpr Millis kRest{10'000};      // after a pass that found nothing
constexpr std::int64_t kParts = 4;   // the share of one endpoint: a part of all
constexpr std::int64_t kSlack = 8;   // of its share a part goes as well, so that not every letter makes a pass

// Nothing: of no endpoint.
std::string owner_of(const StoredRecord& letter) {
  const auto endpoint = letter.headers.find(names::kEndpoint);
  if (!endpoint || endpoint->empty()) return {};
  return std::string(letter.headers.find(names::kTenant).value_or("default")).append("/").append(*endpoint);
}

}  // namespace

bool LetterShare::apply(SteadyTime now) {
  if (now < rests_until_) return false;
  if (bite()) return true;
  return next_step(now);
}

void LetterShare::undo() {
  pass_ = committed_;
  dropped_.clear();
}

// False: all partitions have been looked through.
bool LetterShare::bite() {
  Bite left = kBite;
  for (; pass_.partition < store_.options.partitions; ++pass_.partition, pass_.next = 0) {
    const Partition& partition = *store_.partition(Topic::dead_letters, pass_.partition);
    const OffsetRange range = partition.range();
    pass_.next = std::max(pass_.next, range.start);
    std::vector<StoredRecord> letters;
    {
      Statement& rows = transaction_.rows(partition);
      const Use use(rows);
      rows.bind(1, pass_.next).bind(2, range.end);
      while (left.records > 0 && left.bytes > 0 && rows.step()) {
        StoredRecord letter;
        letter.topic = Topic::dead_letters;
        letter.partition = pass_.partition;
        letter.offset = rows.number(0);
        pass_.next = letter.offset + 1;
        const std::string_view bytes = rows.bytes(1);
        left.records -= 1;
        left.bytes -= static_cast<std::int64_t>(bytes.size());
        if (decode(bytes, letter) && !letter.value.empty()) letters.push_back(std::move(letter));
      }
    }
    for (StoredRecord& letter : letters) take(letter);
    if (left.records <= 0 || left.bytes <= 0) return true;
  }
  return false;
}

void LetterShare::take(StoredRecord& letter) {
  const std::string owner = owner_of(letter);
  if (owner.empty()) return;
  if (pass_.step == Step::count)
    pass_.bytes[owner] += static_cast<std::int64_t>(letter.value.size());
  else if (const auto of = pass_.bytes.find(owner); of != pass_.bytes.end())
    drop(letter, of);
}

void LetterShare::drop(StoredRecord& letter, Bytes::iterator of) {
  const auto size = static_cast<std::int64_t>(letter.value.size());
  letter.value.clear();
  letter.headers.add(names::kPayload, "dropped");
  transaction_.replace(letter);
  Dropped& dropped = dropped_[of->first];
  dropped.letters += 1;
  dropped.bytes += size;
  if ((of->second -= size) <= 0) pass_.bytes.erase(of);
}

// True: it begins at once.
bool LetterShare::next_step(SteadyTime now) {
  const std::int64_t share = store_.options.max_bytes / kParts;
  Bytes excess;
  if (pass_.step == Step::count)
    for (const auto& [owner, bytes] : pass_.bytes)
      if (bytes > share) excess.emplace(owner, bytes - share + share / kSlack);
  const bool drops = !excess.empty();
  if (!drops) rests_until_ = now + kRest;
  pass_ = Pass{drops ? Step::drop : Step::count, 0, 0, std::move(excess)};
  return drops;
}

void LetterShare::committed(SteadyTime now) {
  committed_ = pass_;
  for (const auto& [owner, fresh] : dropped_) {
    if (store_.options.metrics != nullptr)
      store_.options.metrics
          ->counter("certes_log_dropped_payloads_total",
                    "Dead letters that lost their payload, as those of one endpoint took more than their share")
          .add(static_cast<double>(fresh.letters));
    Dropped& untold = untold_[owner];
    untold.letters += fresh.letters;
    untold.bytes += fresh.bytes;
    if (!lines_.due(owner, now)) continue;
    spdlog::warn(
        "log: {} dead letters of endpoint {} have lost their payloads, {} MiB, the oldest first: they took more than a "
        "quarter of events.max_bytes, which is nearly full",
        untold.letters, owner, untold.bytes >> 20);
    untold_.erase(owner);
  }
  dropped_.clear();
}

}  // namespace certes::log::sqlite
