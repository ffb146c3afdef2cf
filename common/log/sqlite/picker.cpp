#include "common/log/sqlite/picker.hpp"

#include <pthread.h>

#include "common/log/sqlite/record_format.hpp"
#include "common/log/sqlite/schema.hpp"

namespace certes::log::sqlite {
namespace {

// Of one statement.
constexpr std::size_t kOffsets = 512;
constexpr std::size_t kBytes = 1u << 20;
// Where so many rows stand for one that is wanted, they are passed over; where there are more, it is looked up.
constexpr std::int64_t kRowsForOne = 16;
constexpr Millis kLook{100};  // whether to stop, while readers are held off
constexpr Millis kIdle{60'000};

std::string list_of(const std::vector<std::int64_t>& offsets) {
  std::string list = "[";
  for (const std::int64_t offset : offsets) {
    if (list.size() > 1) list += ',';
    list += std::to_string(offset);
  }
  return list + "]";
}

}  // namespace

SqlitePicker::SqlitePicker(Store& store, Wake wake)
    : store_(store), desk_(std::move(wake), [this] { asked_.wake(); }), thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "log-picker");
}

SqlitePicker::~SqlitePicker() {
  stopping_ = true;
  asked_.wake();
  thread_.join();
}

Result<void> SqlitePicker::ask(PickRun run) {
  const std::int32_t partitions = partitions_of(run.topic, store_.options.partitions);
  return desk_.ask(std::move(run), partitions);
}

void SqlitePicker::run() {
  while (!stopping_) {
    auto runs = desk_.take();
    for (; !runs.empty() && !stopping_; runs.pop_front()) serve(std::move(runs.front()));
    if (!stopping_) asked_.wait(kIdle);
  }
}

void SqlitePicker::serve(PickDesk::Asked&& asked) {
  const Partition& partition = *store_.partition(asked.run.topic, asked.run.partition);
  PickTask task(std::move(asked.run));
  while (!task.ended() && !stopping_ && !desk_.cancelled(partition.topic, partition.number, asked.number)) {
    step(task, partition);
    task.check_time(store_.clock.now());
    desk_.answer(asked.number, task.results());
  }
}

void SqlitePicker::step(PickTask& task, const Partition& partition) {
  const OffsetRange range = partition.range();
  task.gone_below(range.start);
  if (task.ended()) return;
  if (task.next() >= range.end)
    return task.again(Error(Code::not_found, std::string(to_string(partition.topic)) + " " +
                                                 std::to_string(partition.number) + " ends at " +
                                                 std::to_string(range.end)));
  try {
    read(task, partition, range);
  } catch (const Failure& failure) {
    Error error = judge(failure, Stage::reading, store_.path).error;
    store_.health.trouble(error, false);
    task.again(std::move(error));
  }
}

void SqlitePicker::read(PickTask& task, const Partition& partition, const OffsetRange& range) {
  auto lease = store_.reads.take(kLook);
  if (!lease) return;
  offsets_.clear();
  task.list(kOffsets, range.end, offsets_);
  const std::int64_t first = task.next();
  const std::int64_t span = offsets_.back() + 1 - first;
  if (span <= kRowsForOne * static_cast<std::int64_t>(offsets_.size()))
    read_page(task, partition, *lease);
  else
    read_points(task, partition, *lease);
  // Of rows that are damaged the offsets may be, too.
  if (!task.ended() && task.next() == first) missing_below(task, partition, first + 1);
}

void SqlitePicker::read_page(PickTask& task, const Partition& partition, ReadConnection& from) {
  const std::int64_t behind = offsets_.back() + 1;
  Statement& rows = from.page(partition.table);
  const Use use(rows);
  rows.bind(1, task.next()).bind(2, behind).bind(3, behind - task.next());
  bool more = rows.step();
  if (!more || rows.number(0) > task.next())  // it may be in the middle of a gap, whose mark stands below
    if (const auto erased = from.erased(partition.table, task.next())) task.gone_below(*erased);
  for (std::size_t bytes = 0; more && bytes < kBytes && !task.ended(); more = rows.step()) {
    bytes += rows.bytes(1).size();
    missing_below(task, partition, rows.number(0));
    take(task, partition, rows.number(0), rows.bytes(1));
  }
  if (!more) missing_below(task, partition, behind);
}

void SqlitePicker::read_points(PickTask& task, const Partition& partition, ReadConnection& from) {
  const std::int64_t behind = offsets_.back() + 1;
  const std::string list = list_of(offsets_);
  Statement& rows = from.points(partition.table);
  const Use use(rows);
  rows.bind(1, list);
  bool more = rows.step();
  for (std::size_t bytes = 0; more && bytes < kBytes && !task.ended(); more = rows.step()) {
    const std::int64_t wanted = rows.number(0);
    bytes += rows.bytes(2).size();
    missing_below(task, partition, wanted);
    take(task, partition, rows.number(1), rows.bytes(2));
    missing_below(task, partition, wanted + 1);
  }
  if (!more) missing_below(task, partition, behind);
}

// A row, or a mark.
void SqlitePicker::take(PickTask& task, const Partition& partition, std::int64_t offset, std::string_view bytes) {
  if (task.ended()) return;
  if (const auto mark = decode_mark(bytes)) return task.gone_below(mark->end);
  if (!task.wants(offset)) return;
  if (auto record = decode(partition.topic, partition.number, offset, bytes))
    task.read(std::move(record));
  else
    damaged_below(task, partition, offset + 1);
}

// They may have been trimmed since.
void SqlitePicker::missing_below(PickTask& task, const Partition& partition, std::int64_t offset) {
  if (task.ended() || task.next() >= offset) return;
  task.gone_below(std::min(offset, partition.range().start));
  damaged_below(task, partition, offset);
}

void SqlitePicker::damaged_below(PickTask& task, const Partition& partition, std::int64_t offset) {
  if (task.ended() || task.next() >= offset) return;
  if (!store_.damage.goes_on(partition.topic))
    return task.again(store_.damage.stays(store_.path, partition.topic, partition.number, task.next()));
  offsets_.clear();
  task.list(kOffsets, offset, offsets_);
  for (const std::int64_t each : offsets_) store_.damage.passed(partition.topic, partition.number, each, each + 1);
  task.damaged_below(offset);
}

}  // namespace certes::log::sqlite
