#include "common/log/sqlite/writer.hpp"

#include <pthread.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

namespace certes::log::sqlite {
namespace {

constexpr std::size_t kGroupJobs = 256;
constexpr Millis kIdle{1'000};  // how often retention looks when nothing comes

int note_pages(void* pages, sqlite3*, const char*, int count) {
  *static_cast<int*>(pages) = count;
  return SQLITE_OK;
}

}  // namespace

Writer::Writer(Store& store, std::unique_ptr<Connection> connection)
    : store_(store),
      transaction_(store, std::move(connection)),
      retention_(store, transaction_),
      page_bytes_(transaction_.connection().number("PRAGMA page_size")),
      checkpointer_(store) {
  const auto [free, used] = pages();
  store_.space.inside(free, used);
  sqlite3_wal_hook(transaction_.connection().raw(), note_pages, &wal_pages_);
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "log-writer");
}

Writer::~Writer() {
  stopping_.store(true);
  store_.doorbell.wake();
  thread_.join();
  checkpointer_.stop();
  if (store_.health.fatal()) transaction_.connection().keep_wal();  // it may be the checkpointer that has found it
}

void Writer::run() {
  while (true) {
    const bool last = stopping_.load();
    Group group = take_group();
    const SteadyTime now = store_.clock.now();
    const bool fatal = store_.health.fatal();
    const bool retention = !fatal && !last && retention_.due(now);
    if (retention && store_.read_failed.exchange(false)) wake_readers();
    if (!group.empty() && fatal) {
      give_up(group, store_.health.state().error());
    } else if (!group.empty() || retention) {
      if (execute(group, retention)) empty_wal_for(group);
      checkpoint_if_due();
    } else if (last) {
      return;
    } else {
      store_.doorbell.wait(kIdle);
    }
  }
}

Writer::Group Writer::take_group() {
  if (waiting_.empty()) {
    while (store_.jobs.drain(arrived_, 64) == 64 && arrived_.size() < kGroupJobs) {
    }
    waiting_.add(arrived_);
  }
  return waiting_.next();
}

bool Writer::execute(Group& group, bool retention) {
  Stage stage = Stage::writing;
  Pages bytes{};
  try {
    transaction_.begin();
    for (const auto& job : group) job->apply(transaction_);
    if (retention) retention_.apply(store_.clock.now());
    bytes = pages();
    stage = Stage::committing;
    transaction_.commit();
  } catch (const Failure& failure) {
    trouble(failure, stage, group);
    return false;
  }
  store_.health.well();
  store_.space.inside(bytes.free, bytes.used);
  if (retention) retention_.committed(store_.clock.now());
  transaction_.publish();  // before the acknowledgements: who has one finds the record
  for (const auto& job : group) job->finish(AppendOutcome::persisted, {});
  return true;
}

Writer::Pages Writer::pages() {
  const std::int64_t free = page_bytes_ * transaction_.free_pages();
  return {free, page_bytes_ * transaction_.pages() - free};
}

void Writer::trouble(const Failure& failure, Stage stage, Group& group) {
  const Verdict verdict = judge(failure, stage, store_.path);
  store_.health.trouble(verdict.error, verdict.fatal);
  transaction_.discard();
  retention_.undo(store_.clock.now());
  if (verdict.fatal) stop_writing(store_, transaction_.connection());
  for (const auto& job : group) job->finish(verdict.outcome, verdict.error);
  // Once all of the write-ahead log is in the file it begins anew, and needs no more space of the disk.
  if (!verdict.fatal && (failure.code() & 0xff) == SQLITE_FULL) checkpoint(SQLITE_CHECKPOINT_PASSIVE);
}

void Writer::give_up(Group& group, const Error& error) {
  for (const auto& job : group) job->finish(AppendOutcome::not_persisted, Error(Code::unavailable, error.message));
}

void Writer::checkpoint_if_due() {
  if (store_.health.fatal()) return;
  take_what_is_copied();
  switch (plan_.next(page_bytes_ * wal_pages_, beside_)) {
    case CheckpointPlan::Step::none: return;
    case CheckpointPlan::Step::beside: beside_ = true; return checkpointer_.start();
    case CheckpointPlan::Step::last: return plan_.copied(page_bytes_ * checkpoint(SQLITE_CHECKPOINT_PASSIVE));
    case CheckpointPlan::Step::truncate: return truncate();
  }
}

void Writer::truncate() {
  checkpointer_.wait();
  if (store_.health.fatal()) return;  // found by that one
  take_what_is_copied();
  store_.reads.hold_off();
  plan_.copied(page_bytes_ * checkpoint(SQLITE_CHECKPOINT_TRUNCATE));
  store_.reads.let_in();
  wake_readers();
}

// Another process may be reading it (certes doctor): then it is as long as before.
void Writer::empty_wal_for(const Group& group) {
  const auto waits = [](const auto& job) { return job->empties_wal(); };
  if (std::ranges::none_of(group, waits)) return;
  truncate();
  std::error_code none;
  const auto left = std::filesystem::file_size(store_.path + "-wal", none);
  for (const auto& job : group)
    if (waits(job)) job->emptied(none || left == 0);
}

void Writer::take_what_is_copied() {
  if (!beside_ || checkpointer_.busy()) return;
  beside_ = false;
  plan_.copied(page_bytes_ * checkpointer_.copied());
}

void Writer::wake_readers() {
  for (const auto& partition : store_.partitions) partition->wake_all();
}

int Writer::checkpoint(int mode) { return sqlite::checkpoint(store_, transaction_.connection(), mode); }

}  // namespace certes::log::sqlite
