#include "dispatcher/ownership/trims.hpp"

#include <utility>

namespace certes::dispatcher {

Trims::Trims(log::Log& log, Background background, log::Wake wake)
    : log_(log), background_(std::move(background)), wake_(std::move(wake)) {}

void Trims::run(Of of, Call call) {
  auto job = [&log = log_, of, call = std::move(call), ended = ended_, wake = wake_] {
    End end{of, call(log)};
    {
      const Lock lock(ended->mutex);
      ended->ends.push_back(std::move(end));
    }
    if (wake) wake();
  };
  if (background_) return background_(std::move(job));
  if (!trimmer_) trimmer_ = std::make_unique<Trimmer>();
  trimmer_->run(std::move(job));
}

std::vector<Trims::End> Trims::take_ended() {
  const Lock lock(ended_->mutex);
  return std::exchange(ended_->ends, {});
}

log::Topic topic_of(Trims::What what) {
  return what == Trims::What::progress ? log::Topic::progress : log::Topic::events;
}

}  // namespace certes::dispatcher
