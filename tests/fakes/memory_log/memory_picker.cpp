#include <algorithm>

#include "common/log/pick_task.hpp"
#include "tests/fakes/memory_log/state.hpp"

namespace certes::log::memory {
namespace {

class MemoryPicker final : public Picker {
 public:
  MemoryPicker(State& state, std::uint64_t process, Wake wake)
      : state_(state), self_(std::make_shared<PickerState>(process, std::move(wake))) {
    const std::lock_guard lock(state_.mutex);
    state_.pickers.push_back(self_);
  }
  ~MemoryPicker() override {
    const std::lock_guard lock(state_.mutex);
    std::erase(state_.pickers, self_);
  }

  Result<void> ask(PickRun run) override {
    const std::lock_guard lock(state_.mutex);
    const Topic topic = run.topic;
    auto asked = self_->desk.ask(std::move(run), state_.partitions_of(topic));
    for (auto& each : self_->desk.take()) {
      if (state_.options.stepped)
        self_->runs.push_back(std::move(each));
      else
        serve(state_, *self_, std::move(each), std::nullopt);
    }
    return asked;
  }

  std::size_t poll(std::size_t max, std::vector<Picked>& out) override { return self_->desk.poll(max, out); }

  void cancel(Topic topic, std::int32_t partition) override {
    const std::lock_guard lock(state_.mutex);
    std::erase_if(self_->runs,
                  [&](const auto& each) { return each.run.topic == topic && each.run.partition == partition; });
    self_->desk.cancel(topic, partition);
  }

 private:
  State& state_;
  const std::shared_ptr<PickerState> self_;
};

void step(PickTask& task, const TopicPartition& part) {
  task.gone_below(part.start);
  if (task.ended()) return;
  const std::int64_t offset = task.next();
  if (offset >= part.end()) return task.again(Error(Code::not_found, "the log ends below"));
  const RecordPtr& record = part.records[static_cast<std::size_t>(offset - part.start)];
  if (!record)
    task.gone_below(offset + 1);
  else if (part.spoiled.contains(offset))
    task.damaged_below(offset + 1);
  else
    task.read(record);
}

}  // namespace

std::unique_ptr<Picker> make_picker(State& state, std::uint64_t process, Wake wake) {
  return std::make_unique<MemoryPicker>(state, process, std::move(wake));
}

void serve(State& state, PickerState& picker, PickDesk::Asked asked, std::optional<std::size_t> fault_after) {
  const TopicPartition& part = state.part(asked.run.topic, asked.run.partition);
  PickTask task(std::move(asked.run));
  while (!task.ended()) {
    if (fault_after && task.results().size() >= *fault_after)
      task.again(Error(Code::unavailable, "nobody answers"));
    else
      step(task, part);
  }
  picker.desk.answer(asked.number, task.results());
}

}  // namespace certes::log::memory
