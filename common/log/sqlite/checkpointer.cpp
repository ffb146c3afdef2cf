#include "common/log/sqlite/checkpointer.hpp"

#include <pthread.h>
#include <sqlite3.h>

#include <algorithm>

namespace certes::log::sqlite {
namespace {

constexpr Millis kIdle{3'600'000};  // it is rung for everything

// The records are safe in the write-ahead log; only a failed sync is the end.
void checkpoint_failed(Store& store, Connection& connection, const Failure& failure) {
  const Verdict verdict = judge(failure, Stage::checkpointing, store.path);
  store.health.trouble(verdict.error, verdict.fatal);
  if (verdict.fatal) stop_writing(store, connection);
}

}  // namespace

void stop_writing(Store& store, Connection& connection) {
  connection.keep_wal();
  store.reads.keep_wal();
}

int checkpoint(Store& store, Connection& connection, int mode) {
  int pages = 0, copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(connection.raw(), nullptr, mode, &pages, &copied);
  if (code == SQLITE_OK || (code & 0xff) == SQLITE_BUSY) return std::max(copied, 0);
  checkpoint_failed(store, connection, Failure(code, sqlite3_errmsg(connection.raw())));
  return 0;
}

Checkpointer::Checkpointer(Store& store) : store_(store), connection_(store.path) {
  connection_.run("PRAGMA synchronous=FULL");
  connection_.run("PRAGMA wal_autocheckpoint=0");
  connection_.number("PRAGMA schema_version");  // opens the write-ahead log
  thread_ = std::thread([this] { run(); });
  pthread_setname_np(thread_.native_handle(), "log-checkpoint");
}

Checkpointer::~Checkpointer() { stop(); }

void Checkpointer::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  doorbell_.wake();
  thread_.join();
  if (store_.health.fatal()) connection_.keep_wal();
}

void Checkpointer::start() {
  busy_.store(true, std::memory_order_relaxed);
  doorbell_.wake();
}

// SQLite syncs the file when all is copied, which is the writer's part: this way little is left to be synced then.
void Checkpointer::sync_file() {
  if (store_.health.fatal()) return;
  sqlite3_file* file = nullptr;
  sqlite3_file_control(connection_.raw(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  const int code = file->pMethods->xSync(file, SQLITE_SYNC_NORMAL | SQLITE_SYNC_DATAONLY);
  if (code != SQLITE_OK) return checkpoint_failed(store_, connection_, Failure(code, sqlite3_errstr(code)));
  store_.drop_behind.advise();
}

void Checkpointer::run() {
  while (!stopping_.load()) {
    if (busy_.load(std::memory_order_relaxed)) {
      copied_ = checkpoint(store_, connection_, SQLITE_CHECKPOINT_PASSIVE);
      sync_file();
      busy_.store(false, std::memory_order_release);
      busy_.notify_one();
    }
    doorbell_.wait(kIdle);
  }
}

}  // namespace certes::log::sqlite
