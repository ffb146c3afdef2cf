// What comes in: read, framed, taken up request by request.

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "common/http/server/connection.hpp"
#include "common/http/server/server_loop.hpp"

namespace certes::http {

namespace {
// How long a connection is read and its requests are taken up before the others have their turn: what it sends may cost
// little a byte and much in all. Handlers take less than a millisecond each. Who has just sent something has a small
// turn first, which is enough for a request or two: who goes on sending then waits for his turn among those who do.
constexpr std::chrono::microseconds kFirstTurn{50}, kTurn{250};
constexpr int kDiscardsPerRound = 16;
}  // namespace

void Connection::begin_turn(std::chrono::microseconds length) {
  turn_ends_ = std::chrono::steady_clock::now() + length;
}
bool Connection::turn_over() const { return std::chrono::steady_clock::now() >= turn_ends_; }

void Connection::resume() {
  begin_turn(kTurn);
  if (phase_ == Phase::streaming && output_empty() && on_drained) on_drained();
  if (phase_ == Phase::reading && !blocked_ && !in_.empty()) consume(in_.data(), in_.size());
  if (phase_ != Phase::reading || blocked_ || queued_resume) return;
  if (readable_) return read();
  if (end_seen_) end_of_input();
}

// False: it is not done yet, or has failed.
bool Connection::handshake() {
  LoopCounters& counters = loop_.counters();
  switch (transport_.handshake()) {
    case TlsSession::Step::done:
      counters.handshakes.add();
      set_timer(Timer::idle, loop_.shared().options.idle_timeout);
      weigh(true);
      return true;
    case TlsSession::Step::again:
      readable_ = false;
      weigh(true);
      return false;
    case TlsSession::Step::not_tls: loop_.answer_in_the_clear(transport_.fd()); [[fallthrough]];
    case TlsSession::Step::failed: break;
  }
  counters.failed_handshakes.add();
  die();
  return false;
}

void Connection::read_first() {
  begin_turn(kFirstTurn);
  read();
}

void Connection::read() {
  if (!transport_.ready() && !handshake()) return;
  do {
    if (!read_once()) return;
  } while (!turn_over());
  loop_.want_resume(*this);
}

// For one read, and no more than the request may still need.
void Connection::make_room() {
  const std::size_t room = std::clamp<std::size_t>(in_.size(), 4096, ServerLoop::kScratchBytes);
  const std::size_t most = framing_.expected_bytes();
  if (most <= in_.size()) return in_.reserve_room(room);
  in_.reserve_room(std::min(room, most - in_.size()), most);
}

// One read, and the requests that it completes. False: nothing more can be read now.
bool Connection::read_once() {
  const bool direct = in_.empty();
  if (!direct) make_room();
  const std::size_t room = direct ? ServerLoop::kScratchBytes : in_.room();
  const ssize_t n = transport_.read(direct ? loop_.scratch() : in_.tail(), room);
  if (n < 0) {
    if (errno == EINTR) return true;
    readable_ = false;
    if (errno != EAGAIN) die();
    weigh(transport_.secure());  // part of a record may have come
    return false;
  }
  if (n == 0) {
    readable_ = false;
    end_seen_ = true;
    end_of_input();
    return false;
  }
  const auto size = static_cast<std::size_t>(n);
  readable_ = size == room || hung_up_ || transport_.secure();  // in the clear, a short read has emptied the socket
  if (!direct) in_.added(size);
  consume(direct ? loop_.scratch() : in_.data(), direct ? size : in_.size());
  return phase_ == Phase::reading && readable_ && !blocked_ && !queued_resume;
}

// Takes up the requests in data, which is the loop's buffer or in_, and keeps what is left over.
void Connection::consume(char* data, std::size_t size) {
  std::size_t at = 0;
  consuming_ = true;
  for (bool first = true; phase_ == Phase::reading && at < size; first = false) {
    if ((!first && turn_over()) || out_.size() > kOutputBound || !body_.empty()) {
      loop_.want_resume(*this);
      break;
    }
    std::size_t rest = size - at;
    const Framing::State state = framing_.scan(data + at, rest);
    size = at + rest;
    if (state == Framing::State::need_more) {
      want_more(data + at, rest);
      break;
    }
    if (state == Framing::State::unscanned) {
      want_more(data + at, rest);
      continue;
    }
    if (state == Framing::State::refused) {
      refuse(framing_.refusal());
      break;
    }
    dispatch(data + at);
    at += framing_.consumed();
    framing_.reset();
    head_checked_ = false;
  }
  consuming_ = false;
  if (phase_ == Phase::dead) return;
  if (phase_ == Phase::closing || phase_ == Phase::streaming) at = size;  // nothing more is taken from this client
  if (data == in_.data()) {
    in_.resize(size);
    in_.drop_front(at);
  } else if (at < size) {
    in_.append(data + at, size - at);
  }
  weigh(true);
}

// The client has sent all it will. What it began and did not end cannot be answered.
void Connection::end_of_input() {
  if (phase_ != Phase::reading) return;
  if (output_empty()) return die();
  phase_ = Phase::closing;
}

// A request of which this much is there.
void Connection::want_more(const char* data, std::size_t size) {
  if (!framing_.header_complete() || !refused_by_head(data, size)) wait_for_more();
}

void Connection::wait_for_more() {
  const ServerOptions& options = loop_.shared().options;
  if (!framing_.header_complete()) {
    if (timer_ != Timer::header) set_timer(Timer::header, options.header_timeout);
    return;
  }
  if (timer_ != Timer::body) set_timer(Timer::body, options.body_timeout);
  if (!framing_.take_continue()) return;
  out_.append("HTTP/1.1 100 Continue\r\n\r\n");
  loop_.want_flush(*this);
}

void Connection::discard() {
  for (int i = 0; i < kDiscardsPerRound; ++i) {
    const ssize_t n = ::recv(transport_.fd(), loop_.scratch(), ServerLoop::kScratchBytes, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return die();
  }
}

}  // namespace certes::http
