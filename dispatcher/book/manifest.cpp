#include "dispatcher/book/manifest.hpp"

#include <algorithm>

namespace certes::dispatcher::book {

void lower(TailPlaces& places, const TailPlaces& others) {
  for (std::size_t i = 0; i < places.size(); ++i)
    if (others[i].position < places[i].position) places[i] = others[i];
}

void Landmarks::add(Landmark record) {
  for (std::size_t i = 0; i < scales_.size(); ++i) {
    Scale& scale = scales_[i];
    if (++scale.since < kBefore[i] && scale.newer.offset >= 0) continue;
    scale.older = scale.newer;
    scale.newer = record;
    scale.since = 0;
  }
}

Landmarks::Noted Landmarks::noted() const {
  Noted noted;
  noted[0] = scales_[0].newer;
  for (std::size_t i = 1; i < scales_.size(); ++i) noted[i] = scales_[i].older;
  return noted;
}

void Landmarks::restore(const Noted& noted) {
  scales_ = {};
  for (std::size_t i = 0; i < scales_.size(); ++i) scales_[i].older = scales_[i].newer = noted[i];
}

void Landmarks::cut(std::int64_t offset) {
  for (Scale& scale : scales_) {
    if (scale.newer.offset >= offset) scale = {{}, scale.older, 0};
    if (scale.newer.offset >= offset) scale = {};
  }
}

std::int64_t Manifest::lowest_place() const {
  std::int64_t lowest = INT64_MAX;
  for (const auto* refs : {&chunks, &pieces})
    for (const Ref& ref : *refs) lowest = std::min(lowest, ref.written.place);
  return lowest;
}

}  // namespace certes::dispatcher::book
