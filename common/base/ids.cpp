#include "common/base/ids.hpp"

namespace certes {

std::string IdGenerator::next(std::string_view prefix) {
  static constexpr char kAlphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const UnixMillis now = clock_.unix_millis();
  if (now > last_) {
    last_ = now;
    low_ = random_.bits();
    high_ = static_cast<std::uint16_t>(random_.bits());
  } else if (++low_ == 0) {  // a clock that went back, or many in one millisecond: go on counting
    ++high_;
  }
  std::string id(prefix);
  const std::size_t start = id.size();
  id.resize(start + 26);
  auto time = static_cast<std::uint64_t>(last_);
  for (std::size_t i = 10; i-- > 0; time >>= 5) id[start + i] = kAlphabet[time & 31];
  std::uint64_t low = low_;
  std::uint64_t high = high_;
  for (std::size_t i = 26; i-- > 10;) {
    id[start + i] = kAlphabet[low & 31];
    low = (low >> 5) | (high << 59);
    high >>= 5;
  }
  return id;
}

}  // namespace certes
