#include "common/log/kafka/picker.hpp"

#include <pthread.h>

namespace certes::log::kafka {
namespace {

constexpr Millis kLook{100};  // for silence, while something is read
constexpr Millis kIdle{60'000};

}  // namespace

KafkaPicker::KafkaPicker(const Options& options, Cluster& cluster, Troubles& troubles, Damage& damage, Wake wake)
    : cluster_(cluster),
      desk_(std::move(wake), ring_),
      sources_(options),
      shared_{desk_, sources_, cluster, troubles, damage, ring_},
      thread_([this] { run(); }) {
  pthread_setname_np(thread_.native_handle(), "log-picker");
}

KafkaPicker::~KafkaPicker() {
  stopping_ = true;
  signal_.wake();
  thread_.join();
}

Result<void> KafkaPicker::ask(PickRun run) {
  const std::int32_t partitions = run.topic == Topic::registry ? 1 : cluster_.partitions().load();
  return desk_.ask(std::move(run), partitions);
}

void KafkaPicker::run() {
  while (!stopping_) {
    for (auto& asked : desk_.take()) {
      const std::pair place(asked.run.topic, asked.run.partition);
      const auto lane = lanes_.try_emplace(place, shared_, place.first, place.second).first;
      lane->second.add(std::move(asked));
    }
    bool more = false, reading = false;
    for (auto& [place, lane] : lanes_) {
      if (lane.idle()) continue;
      more = lane.step() || more;
      reading = reading || !lane.idle();
    }
    if (!more) signal_.wait(reading ? kLook : kIdle);
  }
}

}  // namespace certes::log::kafka
