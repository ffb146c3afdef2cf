#include "common/http/server/framing.hpp"

#include <cstring>

#include "common/http/server/framing_refusals.hpp"

namespace certes::http {

void Framing::reset() {
  std::vector<Field> fields = std::move(fields_);
  fields.clear();
  *this = Framing(*limits_);
  fields_ = std::move(fields);
}

bool Framing::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return false;
}

bool Framing::take_continue() {
  if (!expects_continue_ || phase_ < Phase::body || phase_ == Phase::done) return false;
  expects_continue_ = false;
  return true;
}

Framing::State Framing::scan(char* data, std::size_t& size) {
  if (refusal_.status != 0) return State::refused;
  if (phase_ < Phase::body) {
    const State state = scan_head(data, size);
    if (state != State::complete) return state;
  }
  if (phase_ == Phase::done) return State::complete;
  if (chunked_) return scan_chunks(data, size);
  if (size - header_bytes_ < content_length_) return State::need_more;
  body_bytes_ = content_length_;
  position_ = header_bytes_ + content_length_;
  phase_ = Phase::done;
  return State::complete;
}

// The next line without its CRLF, if it is there; it may be at most max_bytes long.
Framing::Line Framing::next_line(const char* data, std::size_t size, std::string_view& line, std::size_t max_bytes,
                                 const Refusal& large) {
  const char* begin = data + position_;
  const std::size_t unread = size - position_ - seen_;
  const void* found = unread == 0 ? nullptr : std::memchr(begin + seen_, '\n', unread);
  const std::size_t length =
      found ? static_cast<std::size_t>(static_cast<const char*>(found) - begin) + 1 : size - position_;
  if (length > max_bytes) {
    refuse(large);
    return Line::refused;
  }
  if (!found) {
    seen_ = length;
    return Line::none;
  }
  if (length < 2 || begin[length - 2] != '\r') {
    refuse(kBareLf);
    return Line::refused;
  }
  line = {begin, length - 2};
  position_ += length;
  seen_ = 0;
  return Line::found;
}

// complete: the header is.
Framing::State Framing::scan_head(const char* data, std::size_t size) {
  std::string_view line;
  for (;;) {
    const Line result = next_line(data, size, line, limits_->max_header_bytes - position_, kHeaderLarge);
    if (result == Line::none) return State::need_more;
    if (result == Line::refused) return State::refused;
    if (phase_ == Phase::request_line) {
      if (line.empty() && !skipped_line_) {  // RFC 9112, 2.2: one empty line before a request is passed over
        skipped_line_ = true;
        continue;
      }
      if (!request_line(data, line)) return State::refused;
      phase_ = Phase::header;
    } else if (line.empty()) {
      return header_end(data) ? State::complete : State::refused;
    } else if (!field_line(data, line, false)) {
      return State::refused;
    }
  }
}

}  // namespace certes::http
