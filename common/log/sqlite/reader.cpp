#include "common/log/sqlite/reader.hpp"

#include "common/log/sqlite/record_format.hpp"

namespace certes::log::sqlite {
namespace {

constexpr std::size_t kPageBytes = 1u << 20;

}  // namespace

SqliteReader::SqliteReader(Store& store, Partition& partition, std::int64_t from, Wake wake)
    : store_(store), partition_(partition), position_(from), watch_(std::make_shared<Watch>(std::move(wake))) {
  partition_.watch(watch_);
}

SqliteReader::~SqliteReader() {
  partition_.unwatch(watch_);
  watch_->waker.silence();
}

std::int64_t SqliteReader::position() const { return position_ == kLogStart ? partition_.range().start : position_; }

tl::unexpected<Error> SqliteReader::out_of_range(std::int64_t position, const OffsetRange& range) const {
  return fail(Code::not_found, std::string(to_string(partition_.topic)) + " " + std::to_string(partition_.number) +
                                   " holds offsets " + std::to_string(range.start) + " to " +
                                   std::to_string(range.end) + ", not " + std::to_string(position));
}

Result<std::size_t> SqliteReader::read(std::size_t max, std::vector<RecordPtr>& out) {
  const std::int64_t from = position();
  const Partition::Tail tail = partition_.read(from, max, out, watch_);
  if (from < tail.range.start || from > tail.range.end) return out_of_range(from, tail.range);
  std::size_t count = tail.count;
  if (!tail.served) {
    auto page = read_file(from, tail.range.end, max, out);
    if (!page.has_value()) return page;
    count = *page;
    // A short page is not the end, and no append may come to tell.
    if (count < max) watch_->waker.ring();
  }
  if (count > 0) position_ = from + static_cast<std::int64_t>(count);
  return count;
}

Result<std::size_t> SqliteReader::read_file(std::int64_t position, std::int64_t end, std::size_t max,
                                            std::vector<RecordPtr>& out) {
  const std::size_t before = out.size();
  Result<void> page;
  try {
    auto lease = store_.reads.try_take();
    if (!lease) return 0;  // the writer wakes every reader when it lets them in again
    Statement& rows = lease->page(partition_.table);
    const Use use(rows);
    rows.bind(1, position).bind(2, end).bind(3, static_cast<std::int64_t>(max));
    page = take_page(rows, position, out);
  } catch (const Failure& failure) {
    page = fail(judge(failure, Stage::reading, store_.path).error);
  }
  // Trimmed meanwhile: rows may have been gone.
  const OffsetRange now = partition_.range();
  if (now.start > position) {
    out.resize(before);
    return out_of_range(position, now);
  }
  if (!page.has_value()) {
    out.resize(before);
    store_.health.trouble(page.error(), false);
    store_.read_failed.store(true);
    return fail(page.error());
  }
  return out.size() - before;
}

Result<void> SqliteReader::take_page(Statement& rows, std::int64_t position, std::vector<RecordPtr>& out) const {
  std::size_t bytes = 0;
  std::int64_t expected = position;
  for (; bytes < kPageBytes && rows.step(); ++expected) {
    auto record = std::make_shared<StoredRecord>();
    record->topic = partition_.topic;
    record->partition = partition_.number;
    record->offset = rows.number(0);
    if (record->offset != expected || !decode(rows.bytes(1), *record)) return damaged(expected);
    bytes += record->size();
    out.push_back(std::move(record));
  }
  if (expected == position) return damaged(position);
  return {};
}

tl::unexpected<Error> SqliteReader::damaged(std::int64_t offset) const {
  return fail(Code::internal, "cannot read " + store_.path + ": record " + std::to_string(offset) + " of " +
                                  partition_.table + " is missing or damaged: stop, keep a copy, and restore it");
}

}  // namespace certes::log::sqlite
