#pragma once
// SqlitePicker: log::Picker of the embedded log. A thread of its own reads from the file, in statements that are short:
// each holds a connection of the readers' for one page, so that the write-ahead log can begin anew between two. Where
// what is wanted stands close together it reads a page, else point by point. Who: SqliteLog.

#include <atomic>
#include <thread>

#include "common/base/wake_signal.hpp"
#include "common/log/pick_desk.hpp"
#include "common/log/pick_task.hpp"
#include "common/log/sqlite/store.hpp"

namespace certes::log::sqlite {

class SqlitePicker final : public Picker {
 public:
  SqlitePicker(Store& store, Wake wake);
  ~SqlitePicker() override;

  Result<void> ask(PickRun run) override;
  std::size_t poll(std::size_t max, std::vector<Picked>& out) override { return desk_.poll(max, out); }
  void cancel(Topic topic, std::int32_t partition) override { desk_.cancel(topic, partition); }

 private:
  void run();
  void serve(PickDesk::Asked&& asked);
  // One statement of it.
  void step(PickTask& task, const Partition& partition);
  void read(PickTask& task, const Partition& partition, const OffsetRange& range);
  void read_page(PickTask& task, const Partition& partition, ReadConnection& from);
  void read_points(PickTask& task, const Partition& partition, ReadConnection& from);
  void take(PickTask& task, const Partition& partition, std::int64_t offset, std::string_view bytes);
  // There is nothing where something should stand, below `offset`.
  void missing_below(PickTask& task, const Partition& partition, std::int64_t offset);
  void damaged_below(PickTask& task, const Partition& partition, std::int64_t offset);

  Store& store_;
  WakeSignal asked_;
  PickDesk desk_;
  std::atomic<bool> stopping_{false};
  std::vector<std::int64_t> offsets_;  // the thread's: of one statement
  std::thread thread_;
};

}  // namespace certes::log::sqlite
