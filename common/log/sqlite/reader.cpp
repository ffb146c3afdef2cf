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
  while (true) {
    const std::int64_t from = position();
    const Partition::Tail tail = partition_.read(from, max, out, watch_);
    if (from < tail.range.start || from > tail.range.end) return out_of_range(from, tail.range);
    if (tail.served) {
      if (tail.next > from) position_ = tail.next;
      return tail.count;
    }
    auto page = read_file(from, tail.range.end, max);
    if (!page.has_value()) return fail(std::move(page.error()));
    for (const OffsetRange& lost : page->lost)
      store_.damage.passed(partition_.topic, partition_.number, lost.start, lost.end);
    if (page->next > from) position_ = page->next;
    const std::size_t count = page->records.size();
    std::move(page->records.begin(), page->records.end(), std::back_inserter(out));
    // A short page is not the end, and no append may come to tell.
    if (count < max) watch_->waker.ring();
    if (count > 0 || page->next == from) return count;
  }
}

Result<SqliteReader::Page> SqliteReader::read_file(std::int64_t position, std::int64_t end, std::size_t max) {
  Page page{position, {}, {}};
  Result<void> taken;
  std::optional<Error> trouble;
  try {
    auto lease = store_.reads.try_take();
    if (!lease) return page;  // the writer wakes every reader when it lets them in again
    taken = take_page(*lease, end, max, page);
  } catch (const Failure& failure) {
    trouble = judge(failure, Stage::reading, store_.path).error;
  }
  // Trimmed meanwhile: rows may have been gone.
  const OffsetRange now = partition_.range();
  if (now.start > position) return out_of_range(position, now);
  if (!page.records.empty()) return page;  // first what stands before the trouble
  if (trouble) {
    store_.health.trouble(*trouble, false);
    store_.read_failed.store(true);
    return fail(std::move(*trouble));
  }
  if (!taken.has_value()) return fail(std::move(taken.error()));
  return page;
}

// Ends before what is damaged, unless readers of this topic go on behind it.
Result<void> SqliteReader::take_page(ReadConnection& from, std::int64_t end, std::size_t max, Page& page) const {
  Statement& rows = from.page(partition_.table);
  const Use use(rows);
  rows.bind(1, page.next).bind(2, end).bind(3, static_cast<std::int64_t>(max));
  std::size_t bytes = 0, seen = 0;
  for (; bytes < kPageBytes && rows.step(); ++seen) {
    const std::int64_t offset = rows.number(0);
    const std::string_view blob = rows.bytes(1);
    if (seen == 0 && offset > page.next) skip_erased(from, offset, page);
    if (offset != page.next && !pass_over(offset, page)) return damaged(page);
    bytes += blob.size();
    if (const auto mark = decode_mark(blob)) {
      page.next = std::max(offset + 1, std::min(mark->end, end));
    } else if (auto record = decode(partition_.topic, partition_.number, offset, blob)) {
      page.records.push_back(std::move(record));
      page.next = offset + 1;
    } else if (!pass_over(offset + 1, page)) {
      return damaged(page);
    }
  }
  if (seen == 0) skip_erased(from, end, page);
  const bool all = seen < max && bytes < kPageBytes;
  if (all && page.next < end && !pass_over(end, page)) return damaged(page);
  return {};
}

// The page may begin in the middle of a gap, whose mark stands below.
void SqliteReader::skip_erased(ReadConnection& from, std::int64_t limit, Page& page) const {
  if (const auto erased = from.erased(partition_.table, page.next)) page.next = std::min(*erased, limit);
}

// False: this reader stays.
bool SqliteReader::pass_over(std::int64_t to, Page& page) const {
  if (!store_.damage.goes_on(partition_.topic)) return false;
  if (!page.lost.empty() && page.lost.back().end == page.next)
    page.lost.back().end = to;
  else
    page.lost.push_back({page.next, to});
  page.next = to;
  return true;
}

tl::unexpected<Error> SqliteReader::damaged(const Page& page) const {
  return fail(store_.damage.stays(store_.path, partition_.topic, partition_.number, page.next));
}

}  // namespace certes::log::sqlite
