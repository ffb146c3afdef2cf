#include "dispatcher/book/calendar.hpp"

namespace certes::dispatcher::book {

void Calendar::add(UnixMillis due, OpenPlace place) {
  // A second that is being taken already has been taken out of its minute.
  const bool taken_apart = !seconds_.empty() && due / kSecond <= seconds_.rbegin()->first;
  if (taken_apart)
    put(seconds_, due / kSecond, pack(place));
  else
    put(minutes_, due / kMinute, pack(place));
}

bool Calendar::work(UnixMillis until) const {
  return (!seconds_.empty() && seconds_.begin()->first <= until / kSecond) ||
         (!minutes_.empty() && minutes_.begin()->first <= until / kMinute + 1);
}

void Calendar::clear() {
  minutes_.clear();
  seconds_.clear();
  size_ = bytes_ = 0;
}

Calendar::Packed Calendar::pack(OpenPlace place) {
  Packed packed{};
  for (std::size_t i = 0; i < 3; ++i) packed[i] = static_cast<std::uint16_t>(place.offset >> (16 * i));
  packed[3] = static_cast<std::uint16_t>(place.lane);
  packed[4] = static_cast<std::uint16_t>(place.lane >> 16);
  return packed;
}

OpenPlace Calendar::unpack(const Packed& packed) {
  OpenPlace place;
  for (std::size_t i = 0; i < 3; ++i) place.offset |= std::int64_t{packed[i]} << (16 * i);
  place.lane = std::uint32_t{packed[3]} | std::uint32_t{packed[4]} << 16;
  return place;
}

void Calendar::put(Buckets& buckets, UnixMillis at, const Packed& packed) {
  const auto [found, made] = buckets.try_emplace(at);
  auto& bucket = found->second;
  if (made) bytes_ += kBucketBytes;
  if (bucket.size() == bucket.capacity()) {
    const std::size_t more = bucket.size() / 4 + 4;
    bucket.reserve(bucket.size() + more);
    bytes_ += more * sizeof(Packed);
  }
  bucket.push_back(packed);
  ++size_;
}

Calendar::Packed Calendar::pop(Buckets& buckets) {
  auto& bucket = buckets.begin()->second;
  const Packed packed = bucket.back();
  bucket.pop_back();
  --size_;
  if (bucket.empty()) {
    bytes_ -= kBucketBytes + bucket.capacity() * sizeof(Packed);
    buckets.erase(buckets.begin());
  }
  return packed;
}

}  // namespace certes::dispatcher::book
