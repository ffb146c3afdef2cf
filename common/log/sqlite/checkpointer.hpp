#pragma once
// Checkpointer: copies the write-ahead log into the file beside the writer, which goes on committing, on a thread and a
// connection of its own. Who: Writer. Threads: all but the thread's own work is the writer's to call.

#include <atomic>
#include <thread>

#include "common/log/sqlite/connection.hpp"
#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

// Nothing more is written to this file, not by closing it either: after an error that is fatal.
void stop_writing(Store& store, Connection& connection);

// Copies what it can (SQLITE_CHECKPOINT_…), and says how many pages of the write-ahead log are in the file then. What
// goes wrong is the store's health; after a failed sync nothing more is written to the file.
int checkpoint(Store& store, Connection& connection, int mode);

class Checkpointer {
 public:
  // Opens its connection and starts the thread. Throws Failure.
  explicit Checkpointer(Store& store);
  ~Checkpointer();
  // Ends what it does, and the thread.
  void stop();

  bool busy() const { return busy_.load(std::memory_order_acquire); }
  // Precondition: not busy.
  void start();
  // Blocks until it is not busy.
  void wait() const { busy_.wait(true, std::memory_order_acquire); }
  // How many pages its last checkpoint has found in the file. Precondition: not busy.
  int copied() const { return copied_; }

 private:
  void run();
  void sync_file();

  Store& store_;
  Connection connection_;
  WakeSignal doorbell_;
  std::atomic<bool> busy_{false};
  std::atomic<bool> stopping_{false};
  int copied_ = 0;  // published by busy_
  std::thread thread_;
};

}  // namespace certes::log::sqlite
