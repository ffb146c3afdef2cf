#pragma once
// Payloads: records of a topic by their places, some at a time, as the engine can bring them fastest. Who: the work of
// jobs. Confined to one thread; blocks.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "api/history/rows.hpp"
#include "common/base/wake_signal.hpp"
#include "common/log/log.hpp"

namespace certes::api::jobs {

class Payloads {
 public:
  explicit Payloads(log::Log& log) : log_(log) {}

  // Each at the index of its place; null: it is not there any more, or cannot be read. Errors: unavailable, timeout.
  Result<std::vector<log::RecordPtr>> read(log::Topic topic, std::span<const history::Place> places);

 private:
  struct Wanted {
    history::Place place;
    std::size_t index = 0;
  };
  Result<void> ask(log::Topic topic, std::span<const Wanted> of_partition);
  Result<void> await(std::span<const Wanted> wanted, std::vector<log::RecordPtr>& records);

  log::Log& log_;
  const std::shared_ptr<WakeSignal> signal_ = std::make_shared<WakeSignal>();
  std::unique_ptr<log::Picker> picker_;  // last: it rings the signal
  std::uint64_t runs_ = 0;
  std::size_t out_ = 0;  // runs whose last result has not come
};

}  // namespace certes::api::jobs
