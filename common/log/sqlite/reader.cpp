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
    const auto page = read_file(from, tail.range.end, max, out);
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
  const auto broken = [&](Error error) {
    out.resize(before);
    return fail(std::move(error));
  };
  try {
    auto lease = store_.reads.try_take();
    if (!lease) return 0;  // the writer wakes every reader when it lets them in again
    const Use page(lease->page(partition_.table));
    Statement& rows = lease->page(partition_.table);
    rows.bind(1, position).bind(2, end).bind(3, static_cast<std::int64_t>(max));
    std::size_t bytes = 0;
    while (bytes < kPageBytes && rows.step()) {
      auto record = std::make_shared<StoredRecord>();
      record->topic = partition_.topic;
      record->partition = partition_.number;
      record->offset = rows.number(0);
      const std::int64_t expected = position + static_cast<std::int64_t>(out.size() - before);
      if (record->offset != expected && partition_.range().start <= position)
        return broken(Error(Code::internal, store_.path + " is damaged: record " + std::to_string(expected) + " of " +
                                                partition_.table + " is missing"));
      if (!decode(rows.bytes(1), *record))
        return broken(Error(Code::internal, store_.path + " is damaged: record " + std::to_string(record->offset) +
                                                " of " + partition_.table + " cannot be read"));
      bytes += record->size();
      out.push_back(std::move(record));
    }
  } catch (const Failure& failure) {
    const Verdict verdict = judge(failure, Stage::reading, store_.path);
    store_.health.trouble(verdict.error, false);
    return broken(verdict.error);
  }
  // Trimmed meanwhile: rows may have been gone.
  const OffsetRange now = partition_.range();
  if (now.start > position) {
    out.resize(before);
    return out_of_range(position, now);
  }
  return out.size() - before;
}

}  // namespace certes::log::sqlite
