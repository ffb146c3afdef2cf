#include "common/log/sqlite/transaction.hpp"

#include <algorithm>
#include <cstring>

#include "common/log/names.hpp"
#include "common/log/sqlite/record_format.hpp"

namespace certes::log::sqlite {
namespace {

// A clock that steps back by no more than this is not followed: append times do not fall, nor through a restart. What
// comes after a purge, or a resumption, would else be taken for what came before it.
constexpr UnixMillis kSmallStep = 900'000;

std::string_view bytes_of(const Identity& identity) {
  static_assert(sizeof(Identity) == 16);
  return {reinterpret_cast<const char*>(&identity), sizeof identity};
}

// Where the bite ends that is taken from a range, of whose rows `sizes` gives the offset and the bytes. `records`:
// bytes of those in it that are no marks.
std::int64_t bite_off(Statement& sizes, const OffsetRange& range, Bite& left, std::int64_t& records) {
  const Use use(sizes);
  sizes.bind(1, range.start).bind(2, range.end);
  while (sizes.step()) {
    const std::int64_t bytes = sizes.number(1);
    left.records -= 1;
    left.bytes -= bytes;
    if (bytes > static_cast<std::int64_t>(kMarkBytes)) records += bytes;
    if (left.records <= 0 || left.bytes <= 0) return sizes.number(0) + 1;
  }
  return range.end;
}

// Of the first record from `offset` on that has one.
std::optional<UnixMillis> time_at(Statement& time, std::int64_t offset) {
  const Use use(time);
  return time.bind(1, offset).step() ? append_time(time.bytes(0)) : std::nullopt;
}

// Of a partition's last record; 0: there is none, or it cannot be read.
UnixMillis newest_time(Connection& connection, const std::string& table) {
  try {
    Statement last = connection.prepare("SELECT substr(record, 1, 8) FROM " + table +
                                        " WHERE length(record) >= 8 ORDER BY id DESC LIMIT 1");
    return last.step() ? append_time(last.bytes(0)).value_or(0) : 0;
  } catch (const Failure&) {
    return 0;  // readers will say what is damaged
  }
}

}  // namespace

Transaction::Transaction(Store& store, std::unique_ptr<Connection> connection)
    : store_(store),
      connection_(std::move(connection)),
      identities_(store.options.deduplication_window.count(),
                  store.options.deduplication_ids * static_cast<std::size_t>(store.options.partitions)),
      sizes_(store, *connection_),
      filler_(*connection_),
      statements_(store.partitions.size()) {
  begin_ = connection_->prepare("BEGIN IMMEDIATE");
  commit_ = connection_->prepare("COMMIT");
  rollback_ = connection_->prepare("ROLLBACK");
  commit_offset_ = connection_->prepare("INSERT OR REPLACE INTO commits(partition, next, metadata) VALUES(?1, ?2, ?3)");
  set_offsets_ =
      connection_->prepare("INSERT OR REPLACE INTO offsets(topic, partition, start, next) VALUES(?1, ?2, ?3, ?4)");
  insert_identity_ = connection_->prepare("INSERT INTO identities(seq, identity, at, id) VALUES(?1, ?2, ?3, ?4)");
  find_identity_ = connection_->prepare("SELECT id FROM identities WHERE seq = ?1");
  delete_identities_ = connection_->prepare("DELETE FROM identities WHERE seq < ?1");
  free_pages_ = connection_->prepare("PRAGMA freelist_count");
  pages_ = connection_->prepare("PRAGMA page_count");

  Statement all = connection_->prepare("SELECT seq, identity, at FROM identities ORDER BY seq");
  bool first = true;
  while (all.step()) {
    if (std::exchange(first, false)) identities_.begin_at(all.number(0));
    Identity identity;
    const std::string_view bytes = all.bytes(1);
    if (bytes.size() == sizeof identity) std::memcpy(&identity, bytes.data(), sizeof identity);
    identities_.add(identity, all.number(2));
  }
  identities_.expire(store.clock.unix_millis());
  for (const auto& partition : store_.partitions) now_ = std::max(now_, newest_time(*connection_, partition->table));
}

Transaction::Statements& Transaction::of(const Partition& partition) {
  auto& statements = statements_[store_.index(partition)];
  if (!statements) {
    const std::string& table = partition.table;
    statements.emplace(
        Statements{connection_->prepare("INSERT INTO " + table + "(id, record) VALUES(?1, ?2)"),
                   connection_->prepare("SELECT substr(record, 1, 8) FROM " + table +
                                        " WHERE id >= ?1 AND length(record) >= 8 ORDER BY id LIMIT 1"),
                   connection_->prepare("SELECT id, length(record) FROM " + table +
                                        " WHERE id >= ?1 AND id < ?2 ORDER BY id"),  // reads no record's overflow
                   connection_->prepare("DELETE FROM " + table + " WHERE id < ?1"),
                   connection_->prepare("SELECT id, record FROM " + table + " WHERE id >= ?1 AND id < ?2 ORDER BY id"),
                   connection_->prepare("UPDATE " + table + " SET record = ?2 WHERE id = ?1"),
                   connection_->prepare(mark_before(table)),
                   connection_->prepare("DELETE FROM " + table + " WHERE id >= ?1 AND id < ?2")});
  }
  return *statements;
}

void Transaction::begin() {
  begin_.run();
  const UnixMillis clock = store_.clock.unix_millis();
  now_ = clock < now_ && now_ - clock <= kSmallStep ? now_ : clock;
  identities_.expire(now_);
  identities_before_ = identities_.next();
  filler_.begin();
}

void Transaction::commit() {
  sizes_.save();
  commit_.run();
}

void Transaction::publish() {
  sizes_.publish();
  for (Partition* partition : touched_) partition->publish();
  for (const auto& [partition, range] : erased_) partition->forget(range);
  touched_.clear();
  restarts_.clear();
  erased_.clear();
}

void Transaction::discard() noexcept {
  try {
    if (connection_->in_transaction()) rollback_.run();
  } catch (const Failure&) {
    // SQLite has rolled back by itself, or will when the file is opened next.
  }
  for (Partition* partition : touched_) partition->discard();
  for (auto each = restarts_.rbegin(); each != restarts_.rend(); ++each) each->first->set_start(each->second);
  identities_.undo(identities_before_);
  sizes_.discard();
  filler_.undo();
  touched_.clear();
  restarts_.clear();
  erased_.clear();
}

void Transaction::append(Partition& partition, Record&& record, AppendResult& result) {
  result.partition = partition.number;
  // An event without an id of ours could not be named to who repeats it.
  const bool identified = record.identity && partition.topic == Topic::events && record.headers.find(names::kId);
  if (identified && duplicate(record, result)) return;
  auto stored = std::make_shared<StoredRecord>();
  stored->topic = partition.topic;
  stored->partition = partition.number;
  stored->offset = partition.next();
  stored->appended_at = now_;
  stored->key = std::move(record.key);
  stored->headers = std::move(record.headers);
  stored->value = std::move(record.value);
  encode(*stored, encoded_);
  of(partition).insert.bind(1, stored->offset).bind(2, encoded_).run();
  sizes_.added(partition, encoded_.size());
  if (identified) remember(record.identity, stored->headers.get(names::kId));
  result.offset = stored->offset;
  if (!partition.appending()) touched_.push_back(&partition);
  partition.append(std::move(stored));
}

bool Transaction::duplicate(const Record& record, AppendResult& result) {
  const auto row = identities_.find(record.identity);
  if (!row) return false;
  const Use use(find_identity_);
  if (!find_identity_.bind(1, *row).step()) return false;
  result.duplicate_of = find_identity_.bytes(0);
  return true;
}

void Transaction::remember(const Identity& identity, std::string_view id) {
  const std::int64_t row = identities_.next();
  insert_identity_.bind(1, row).bind(2, bytes_of(identity)).bind(3, now_).bind(4, id).run();
  identities_.add(identity, now_);
}

void Transaction::commit_offset(std::int32_t partition, const Committed& value) {
  commit_offset_.bind(1, partition).bind(2, value.offset).bind(3, value.metadata).run();
}

void Transaction::save_offsets(const Partition& partition, std::int64_t start) {
  set_offsets_.bind(1, static_cast<std::int64_t>(partition.topic)).bind(2, partition.number);
  set_offsets_.bind(3, start).bind(4, partition.next()).run();
}

void Transaction::set_start(Partition& partition, std::int64_t start) {
  const std::int64_t before = partition.range().start;
  // In the middle of a gap, whose mark is to go with what stands below.
  if (auto gap = gap_at(partition, start); gap && gap->start < start && gap->mark.end > start)
    put_mark(partition, {start, gap->mark});
  save_offsets(partition, start);
  // In memory first: a reader never finds rows gone above the start that it knows.
  restarts_.emplace_back(&partition, before);
  partition.set_start(start);
}

std::int64_t Transaction::delete_rows(Partition& partition, std::int64_t below, Bite& left) {
  Statements& statements = of(partition);
  std::int64_t bytes = 0;
  const std::int64_t until = bite_off(statements.sizes, {INT64_MIN, below}, left, bytes);
  sizes_.gone(partition, bytes);
  statements.delete_rows.bind(1, until).run();
  return until;
}

std::optional<Transaction::Gap> Transaction::gap_at(const Partition& partition, std::int64_t offset) {
  Statement& before = of(partition).before;
  const Use use(before);
  if (!before.bind(1, offset).step()) return std::nullopt;
  const auto mark = decode_mark(before.bytes(1));
  if (!mark || mark->end < offset) return std::nullopt;
  return Gap{before.number(0), *mark};
}

void Transaction::put_mark(const Partition& partition, const Gap& gap) {
  encode(gap.mark, encoded_);
  of(partition).insert.bind(1, gap.start).bind(2, encoded_).run();
}

std::int64_t Transaction::erase(Partition& partition, const OffsetRange& range, Bite& left) {
  Statements& statements = of(partition);
  std::int64_t bytes = 0;
  const std::int64_t until = bite_off(statements.sizes, range, left, bytes);
  sizes_.gone(partition, bytes);
  Gap gap{range.start, {time_at(statements.time, range.start).value_or(now_), until}};
  std::int64_t behind = until;
  if (const auto above = gap_at(partition, until)) {
    gap.mark.end = above->mark.end;
    behind = std::max(behind, above->start + 1);
  }
  statements.delete_range.bind(1, range.start).bind(2, behind).run();
  if (const auto below = gap_at(partition, range.start)) {
    gap = {std::max(below->start, partition.range().start), {below->mark.appended_at, gap.mark.end}};
    statements.delete_range.bind(1, below->start).bind(2, range.start).run();
  }
  put_mark(partition, gap);
  save_offsets(partition, partition.range().start);  // the last row may no longer tell where the next one goes
  forget(partition, {range.start, until});
  return until;
}

std::int64_t Transaction::free_pages() {
  const Use use(free_pages_);
  return (free_pages_.step() ? free_pages_.number(0) : 0) + filler_.pages();
}

std::int64_t Transaction::pages() {
  const Use use(pages_);
  return pages_.step() ? pages_.number(0) : 0;
}

void Transaction::delete_identities(std::int64_t below) { delete_identities_.bind(1, below).run(); }

Statement& Transaction::rows(const Partition& partition) { return of(partition).rows; }

void Transaction::replace(const StoredRecord& record) {
  const Partition& partition = *store_.partition(record.topic, record.partition);
  Bite whole{1, 1};
  std::int64_t before = 0;
  bite_off(of(partition).sizes, {record.offset, record.offset + 1}, whole, before);
  encode(record, encoded_);
  sizes_.gone(partition, before - static_cast<std::int64_t>(encoded_.size()));
  of(partition).replace.bind(1, record.offset).bind(2, encoded_).run();
}

Statement& Transaction::time(const Partition& partition) { return of(partition).time; }

}  // namespace certes::log::sqlite
