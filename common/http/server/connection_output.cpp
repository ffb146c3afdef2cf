// What goes out: answers in order, refusals, and the closing.

#include <sys/socket.h>

#include <cerrno>

#include "common/http/server/connection.hpp"
#include "common/http/server/rendering.hpp"
#include "common/http/server/server_loop.hpp"

namespace certes::http {

namespace {
constexpr Millis kLinger{2'000};
constexpr std::size_t kSmallBody = 16u << 10;  // copied behind its header
constexpr std::size_t kOutputKept = 2u << 10;  // by a connection that has nothing to write

// With its memory: assigning an empty one would keep that.
void let_go(std::string& bytes) { std::string().swap(bytes); }
}  // namespace

void Connection::respond(Response&& response) {
  if (phase_ != Phase::answering) return;
  const bool keep = keep_alive_ && !response.close && !loop_.stopping();
  render_header(out_, response, {.date = loop_.date(), .keep_alive = keep, .say_keep_alive = version_1_0_ && keep});
  if (!head_ && status_has_body(response.status)) {
    if (response.body.size() <= kSmallBody) {
      out_.append(response.body);
    } else {
      body_ = std::move(response.body);
    }
  }
  phase_ = keep ? Phase::reading : Phase::closing;
  if (!keep && !consuming_) in_.clear();  // what stands behind it is of no use, and must not cost the answer
  answered(response.status);
  loop_.want_flush(*this);
  if (!consuming_ && keep && (!in_.empty() || readable_ || end_seen_)) loop_.want_resume(*this);
}

// For whoever counts requests.
void Connection::answered(int status) {
  const Observer& observer = loop_.shared().observer;
  if (!observer) return;
  const auto taken = std::chrono::steady_clock::now() - received_;
  observer(route_ ? std::string_view(route_->pattern) : std::string_view(), status,
           std::chrono::duration_cast<std::chrono::microseconds>(taken));
}

// An answer to what is no request, or not all of one: said once, then the connection ends.
void Connection::refuse(const Refusal& refusal) {
  loop_.counters().count_refused(refusal.status);
  route_ = nullptr;
  head_ = false;
  received_ = loop_.now();
  phase_ = Phase::answering;
  FramingLimits limits = loop_.shared().limits;
  limits.max_body_bytes = framing_.max_body_bytes();
  Response answer = problem_of(refusal, limits);
  if (refusal.status == 503) answer.headers.emplace_back("Retry-After", "1");
  respond(std::move(answer));
  if (consuming_) return;  // it drops what it has
  in_.clear();
  weigh(false);
}

void Connection::flush() {
  const std::size_t before = written_;
  while (!output_empty()) {
    const std::size_t head_left = written_ < out_.size() ? out_.size() - written_ : 0;
    const std::size_t body_at = written_ > out_.size() ? written_ - out_.size() : 0;
    const ssize_t n = transport_.write({out_.data() + (out_.size() - head_left), head_left},
                                       {body_.data() + body_at, body_.size() - body_at});
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return die();
    if (n < 0) {
      blocked_ = true;
      const bool moved = written_ != before;
      if (moved || timer_ != Timer::write) set_timer(Timer::write, loop_.shared().options.write_timeout);
      return weigh(moved);
    }
    written_ += static_cast<std::size_t>(n);
  }
  written();
}

// All that was to be written is.
void Connection::written() {
  if (out_.capacity() > kOutputKept) let_go(out_);
  out_.clear();
  let_go(body_);
  written_ = 0;
  weigh(false);
  if (phase_ == Phase::closing) return linger();
  if (phase_ == Phase::streaming) {
    set_timer(Timer::none, Millis(0));
    return loop_.want_resume(*this);
  }
  if (idle()) {
    set_timer(Timer::idle, loop_.shared().options.idle_timeout);
  } else if (timer_ == Timer::write) {
    timer_ = Timer::none;
    if (phase_ == Phase::reading) wait_for_more();
  }
  if (phase_ == Phase::reading && (readable_ || end_seen_ || !in_.empty()) && !framing_.started())
    loop_.want_resume(*this);
}

// Closing while the client still sends would reset the connection, and our answer with it: what comes is dropped until
// the client has closed too, for a short while.
void Connection::linger() {
  if (end_seen_) return die();
  transport_.end_writing();
  phase_ = Phase::lingering;
  set_timer(Timer::linger, kLinger);
  discard();
}

}  // namespace certes::http
