// Chunked bodies: joined in place.

#include <algorithm>
#include <cstring>

#include "common/http/characters.hpp"
#include "common/http/server/framing.hpp"
#include "common/http/server/framing_refusals.hpp"

namespace certes::http {

namespace {

constexpr std::size_t kMaxChunkLine = 512;

}  // namespace

bool Framing::chunk_line(std::string_view line) {
  std::size_t digits = 0;
  std::uint64_t value = 0;
  while (digits < line.size() && hex_digit(line[digits]) >= 0) {
    if (++digits > 15) return refuse(kChunk);
    value = value * 16 + static_cast<std::uint64_t>(hex_digit(line[digits - 1]));
  }
  const std::string_view rest = line.substr(digits);
  if (digits == 0 || (!rest.empty() && rest.front() != ';') || !is_field_value(rest)) return refuse(kChunk);
  if (value > max_body_bytes_ - body_bytes_) return refuse(kBodyLarge);
  chunk_left_ = value;
  phase_ = value == 0 ? Phase::trailer : Phase::chunk_data;
  return true;
}

// Moves the data of each chunk behind that of the last, and at the end what is not understood yet behind it all, so
// that the buffer never holds more than body and unread bytes.
Framing::State Framing::scan_chunks(char* data, std::size_t& size) {
  const auto close_gap = [&] {
    const std::size_t end = header_bytes_ + body_bytes_;
    if (end == position_) return;
    std::memmove(data + end, data + position_, size - position_);
    size -= position_ - end;
    position_ = end;
  };
  std::string_view line;
  for (int lines = 0; lines < kLinesPerScan; ++lines) {
    if (phase_ == Phase::chunk_data) {
      const std::size_t piece = std::min(chunk_left_, size - position_);
      if (header_bytes_ + body_bytes_ != position_)
        std::memmove(data + header_bytes_ + body_bytes_, data + position_, piece);
      body_bytes_ += piece;
      position_ += piece;
      chunk_left_ -= piece;
      if (chunk_left_ > 0) return close_gap(), State::need_more;
      phase_ = Phase::chunk_end;
    }
    const bool trailer = phase_ == Phase::trailer;
    const std::size_t room = trailer ? limits_->max_header_bytes - trailer_bytes_ : kMaxChunkLine;
    const Line result = next_line(data, size, line, room, trailer ? kHeaderLarge : kChunk);
    if (result == Line::refused) return State::refused;
    if (result == Line::none) return close_gap(), State::need_more;
    if (phase_ == Phase::chunk_end) {
      if (!line.empty()) return refuse(kChunk), State::refused;
      phase_ = Phase::chunk_size;
    } else if (phase_ == Phase::chunk_size) {
      if (!chunk_line(line)) return State::refused;
    } else if (line.empty()) {
      phase_ = Phase::done;
      return State::complete;
    } else {
      trailer_bytes_ += line.size() + 2;
      if (!field_line(data, line, true)) return State::refused;
    }
  }
  close_gap();
  return State::unscanned;
}

}  // namespace certes::http
