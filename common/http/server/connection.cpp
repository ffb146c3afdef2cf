#include "common/http/server/connection.hpp"

#include <sys/epoll.h>

#include "common/http/server/server_loop.hpp"

namespace certes::http {

namespace {
constexpr Refusal kHeaderLate{408, "too-slow", "Request timeout", "The header did not arrive in time."};
constexpr Refusal kBodyLate{408, "too-slow", "Request timeout", "The body did not arrive in time."};
}  // namespace

Connection::Connection(ServerLoop& loop, std::uint64_t id, Transport transport, std::string peer, PeerKey counted)
    : loop_(loop),
      id_(id),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      counted_(counted),
      framing_(loop.shared().limits) {
  const ServerOptions& options = loop_.shared().options;
  if (transport_.ready()) {
    set_timer(Timer::idle, options.idle_timeout);
  } else {
    set_timer(Timer::handshake, options.header_timeout);
  }
}

Connection::~Connection() { die(); }

void Connection::die() {
  if (phase_ == Phase::dead) return;
  phase_ = Phase::dead;
  transport_.leave();
  loop_.buried(*this, transport_.fd(), counted_);
  stream_closed();
}

void Connection::set_timer(Timer timer, Millis delay) {
  timer_ = timer;
  loop_.wheel().set(*this, timer == Timer::none ? DeadlineWheel::kNever : loop_.now() + delay);
}

bool Connection::idle() const {
  return phase_ == Phase::reading && in_.empty() && !framing_.started() && output_empty();
}

void Connection::on_events(std::uint32_t events) {
  if (events & (EPOLLERR | EPOLLHUP)) return die();
  if (events & EPOLLRDHUP) hung_up_ = true;
  if (hung_up_ && phase_ == Phase::streaming) return die();
  // Under TLS, reading may have to write first, and writing to read.
  if (events & (EPOLLIN | EPOLLRDHUP) || transport_.secure()) readable_ = true;
  if ((events & EPOLLOUT || transport_.secure()) && blocked_) {
    blocked_ = false;
    flush();
  }
  if (phase_ == Phase::reading && readable_ && !blocked_ && !queued_resume) read_first();
  if (phase_ == Phase::lingering && readable_) discard();
}

void Connection::on_deadline() {
  LoopCounters& counters = loop_.counters();
  switch (timer_) {
    case Timer::none: return;
    case Timer::linger: return die();
    case Timer::header: counters.count(Late::header); return refuse(kHeaderLate);
    case Timer::body: counters.count(Late::body); return refuse(kBodyLate);
    case Timer::handshake: counters.count(Late::handshake); return die();
    case Timer::idle: counters.count(Late::idle); return die();
    case Timer::write: counters.count(Late::write); return die();
  }
}

void Connection::stop() {
  if (phase_ == Phase::streaming) {
    stream_closed();
    return end();
  }
  if (idle()) {
    readable_ = true;
    read_first();  // a request may just have come
  }
  if (idle()) die();
}

}  // namespace certes::http
