// Connection: answers whose body is written bit by bit.
#include <array>
#include <charconv>

#include "common/http/server/connection.hpp"
#include "common/http/server/rendering.hpp"
#include "common/http/server/server_loop.hpp"

namespace certes::http {

namespace {

constexpr std::size_t kSentBytesKept = 64u << 10;  // at the front of the output, before they are dropped

void append_chunk(std::string& out, std::string_view bytes) {
  std::array<char, 16> digits{};
  out.reserve(out.size() + digits.size() + bytes.size() + 4);  // else it doubles for the last line end
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), bytes.size(), 16).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  out.append("\r\n").append(bytes).append("\r\n");
}

}  // namespace

void Connection::begin_stream(Response&& head) {
  if (phase_ != Phase::answering) return;
  if (head_ || !status_has_body(head.status) || loop_.stopping()) {
    head.close = true;
    return respond(std::move(head));
  }
  chunked_ = !version_1_0_;
  render_header(
      out_, head,
      {.date = loop_.date(), .keep_alive = false, .body_end = chunked_ ? BodyEnd::chunks : BodyEnd::connection});
  phase_ = Phase::streaming;
  answered(head.status);
  if (!consuming_) in_.clear();  // the connection ends with the stream
  weigh(false);
  loop_.want_flush(*this);
  if (hung_up_) die();
}

void Connection::write(std::string_view bytes) {
  if (written_ > kSentBytesKept) {
    out_.erase(0, written_);
    written_ = 0;
  }
  if (chunked_) {
    append_chunk(out_, bytes);
  } else {
    out_.append(bytes);
  }
  // While the socket takes nothing, its deadline runs.
  if (!blocked_) loop_.want_flush(*this);
}

void Connection::end() {
  if (phase_ != Phase::streaming) return;
  on_drained = nullptr;
  on_closed = nullptr;
  if (chunked_) out_.append("0\r\n\r\n");
  phase_ = Phase::closing;
  if (!blocked_) loop_.want_flush(*this);
  weigh(false);  // from now on what its client does not take counts as that of any answer
}

// Tells the stream's owner, once; it may let go of its Stream in the call.
void Connection::stream_closed() {
  on_drained = nullptr;
  if (const auto closed = std::exchange(on_closed, nullptr)) closed();
}

}  // namespace certes::http
