#include "common/http/client/chunked_body.hpp"

#include <algorithm>

#include "common/http/characters.hpp"

namespace certes::http {

namespace {
constexpr int kMostDigits = 15;  // more than any chunk needs, and no overflow
}  // namespace

void ChunkedBody::take(std::string_view wire, std::string& body, std::size_t most) {
  while (!wire.empty() && !had_more_ && at_ != At::over) {
    if (at_ != At::data) {
      take_one(wire.front());
      wire.remove_prefix(1);
      continue;
    }
    const std::size_t there = std::min<std::uint64_t>(left_, wire.size());
    const std::size_t room = most - std::min(most, body.size());
    body.append(wire.substr(0, std::min(there, room)));
    had_more_ = there > room;
    wire.remove_prefix(there);
    left_ -= there;
    if (left_ == 0) at_ = At::data_end;
  }
}

void ChunkedBody::take_one(char c) {
  if (c == '\n') return end_line();
  if (at_ != At::size) return;
  const int digit = hex_digit(c);
  if (digit < 0) {
    at_ = digits_ > 0 ? At::rest_of_line : At::over;
  } else if (++digits_ > kMostDigits) {
    at_ = At::over;
  } else {
    left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  }
}

// Behind a chunk of no data there are trailers only.
void ChunkedBody::end_line() {
  const bool behind_data = at_ == At::data_end;
  at_ = behind_data ? At::size : left_ > 0 ? At::data : At::over;
  digits_ = 0;
}

}  // namespace certes::http
