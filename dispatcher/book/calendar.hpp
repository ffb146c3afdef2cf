#pragma once
// Calendar: which tried deliveries are due when, by minute: ten bytes each. It is no truth of its own, but made from
// the chunks and asked of them again: an entry whose delivery has ended, or is due at another time now, is dropped when
// its time comes. The minute that is next is taken apart into seconds, a bounded number of entries a call. Who:
// OpenIndex. Pure; confined to the core loop. Times are milliseconds since 1970.

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "common/base/clock.hpp"
#include "dispatcher/book/chunk.hpp"

namespace certes::dispatcher::book {

struct OpenPlace {
  std::int64_t offset = 0;
  LaneNumber lane = 0;
  bool operator==(const OpenPlace&) const = default;
};

class Calendar {
 public:
  void add(UnixMillis due, OpenPlace place);
  // Appends up to `most` that are due in the second of `until` or before, those of earlier seconds first, and takes
  // them out. It looks at no more than twice `most` entries, so there may be more when it gives fewer: work() says so.
  // due_of(place): when it is due, or nothing.
  template <class DueOf>
  void take(UnixMillis until, std::size_t most, const DueOf& due_of, std::vector<OpenPlace>& out);
  // Whether take(until) has something to do.
  bool work(UnixMillis until) const;
  void clear();

  std::size_t size() const { return size_; }
  std::size_t bytes() const { return bytes_; }

 private:
  static constexpr UnixMillis kMinute = 60'000, kSecond = 1'000;
  static constexpr std::size_t kBucketBytes = 96;  // with its node
  using Packed = std::array<std::uint16_t, 5>;
  using Buckets = std::map<UnixMillis, std::vector<Packed>>;  // by due / unit

  static Packed pack(OpenPlace place);
  static OpenPlace unpack(const Packed& packed);
  void put(Buckets& buckets, UnixMillis at, const Packed& packed);
  Packed pop(Buckets& buckets);  // of the first, which is not empty

  Buckets minutes_, seconds_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

template <class DueOf>
void Calendar::take(UnixMillis until, std::size_t most, const DueOf& due_of, std::vector<OpenPlace>& out) {
  for (std::size_t left = most; left > 0 && !minutes_.empty(); --left) {
    const UnixMillis minute = minutes_.begin()->first;
    if (minute > until / kMinute + 1) break;
    const Packed packed = pop(minutes_);
    const std::optional<UnixMillis> due = due_of(unpack(packed));
    if (due && *due / kMinute == minute) put(seconds_, *due / kSecond, packed);
  }
  for (std::size_t left = most; left > 0 && !seconds_.empty(); --left) {
    const UnixMillis second = seconds_.begin()->first;
    if (second > until / kSecond) break;
    const OpenPlace place = unpack(pop(seconds_));
    const std::optional<UnixMillis> due = due_of(place);
    if (due && *due / kSecond == second) out.push_back(place);
  }
}

}  // namespace certes::dispatcher::book
