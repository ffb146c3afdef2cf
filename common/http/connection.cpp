#include "common/http/connection.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>

#include "common/http/rendering.hpp"
#include "common/http/server_loop.hpp"

namespace certes::http {

namespace {

constexpr Millis kLinger{2'000};
constexpr std::size_t kSmallBody = 16u << 10;    // copied behind its header
constexpr std::size_t kOutputBound = 64u << 10;  // above: no further request is taken up
constexpr int kReadsPerRound = 16;               // these two: so that one client does not hold up the others
constexpr int kRequestsPerRound = 64;

constexpr Refusal kHeaderLate{408, "too-slow", "Request timeout", "The header did not arrive in time."};
constexpr Refusal kBodyLate{408, "too-slow", "Request timeout", "The body did not arrive in time."};

// The path of a target in absolute form begins after the authority.
std::string_view origin_form(std::string_view target) {
  if (target.front() == '/' || target.front() == '*') return target;
  const std::size_t path = target.find_first_of("/?", target.find("//") + 2);
  return path == std::string_view::npos || target[path] == '?' ? std::string_view("/") : target.substr(path);
}

void fill(Request& request, const Framing& framing, const char* data, std::string_view peer) {
  const auto part = [&](std::size_t at, std::size_t size) { return std::string_view(data + at, size); };
  request.method = part(framing.method().at, framing.method().size);
  request.target = part(framing.target().at, framing.target().size);
  const std::string_view target = origin_form(request.target);
  const std::size_t mark = std::min(target.find('?'), target.size());
  request.path = target.substr(0, mark);
  request.query = target.substr(std::min(mark + 1, target.size()));
  request.headers.clear();
  for (const Framing::Field& f : framing.fields())
    request.headers.push_back({part(f.name, f.name_size), part(f.value, f.value_size)});
  request.body = part(framing.body_at(), framing.body_bytes());
  request.peer = peer;
}

// The same request on bytes of its own.
std::unique_ptr<PooledJob> own_copy(const Request& request, const char* data, std::size_t size) {
  auto job = std::make_unique<PooledJob>();
  job->bytes = std::make_unique_for_overwrite<char[]>(size);
  std::memcpy(job->bytes.get(), data, size);
  job->peer = request.peer;
  const auto moved = [&](std::string_view view) {
    const bool inside = view.data() >= data && view.data() <= data + size;
    return inside ? std::string_view(job->bytes.get() + (view.data() - data), view.size()) : view;
  };
  job->request.method = moved(request.method);
  job->request.target = moved(request.target);
  job->request.path = moved(request.path);
  job->request.query = moved(request.query);
  job->request.body = moved(request.body);
  job->request.peer = job->peer;
  for (const HeaderView& h : request.headers) job->request.headers.push_back({moved(h.name), moved(h.value)});
  return job;
}

}  // namespace

Connection::Connection(ServerLoop& loop, std::uint64_t id, int fd, std::string peer)
    : loop_(loop), id_(id), fd_(fd), peer_(std::move(peer)), framing_(loop.shared().limits) {
  set_timer(Timer::idle, loop_.shared().options.idle_timeout);
}

Connection::~Connection() { die(); }

void Connection::die() {
  if (phase_ == Phase::dead) return;
  phase_ = Phase::dead;
  loop_.buried(*this, fd_);
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
  if (events & (EPOLLIN | EPOLLRDHUP)) readable_ = true;
  if ((events & EPOLLOUT) && blocked_) {
    blocked_ = false;
    flush();
  }
  if (phase_ == Phase::reading && readable_ && !blocked_ && !queued_resume) read();
  if (phase_ == Phase::lingering && readable_) discard();
}

void Connection::resume() {
  if (phase_ == Phase::streaming && output_empty() && on_drained) on_drained();
  if (phase_ == Phase::reading && !blocked_ && !in_.empty()) consume(in_.data(), in_.size());
  if (phase_ != Phase::reading || blocked_ || queued_resume) return;
  if (readable_) return read();
  if (end_seen_) end_of_input();
}

void Connection::read() {
  for (int i = 0; i < kReadsPerRound; ++i)
    if (!read_once()) return;
  loop_.want_resume(*this);
}

// One read, and the requests that it completes. False: nothing more can be read now.
bool Connection::read_once() {
  const bool direct = in_.empty();
  if (!direct) in_.reserve_room(std::clamp<std::size_t>(in_.size(), 4096, ServerLoop::kScratchBytes));
  const std::size_t room = direct ? ServerLoop::kScratchBytes : in_.room();
  const ssize_t n = ::recv(fd_, direct ? loop_.scratch() : in_.tail(), room, 0);
  if (n < 0) {
    if (errno == EINTR) return true;
    readable_ = false;
    if (errno != EAGAIN) die();
    return false;
  }
  if (n == 0) {
    readable_ = false;
    end_seen_ = true;
    end_of_input();
    return false;
  }
  const auto size = static_cast<std::size_t>(n);
  readable_ = size == room || hung_up_;  // a short read has emptied the socket
  if (!direct) in_.added(size);
  consume(direct ? loop_.scratch() : in_.data(), direct ? size : in_.size());
  return phase_ == Phase::reading && readable_ && !blocked_ && !queued_resume;
}

// Takes up the requests in data, which is the loop's buffer or in_, and keeps what is left over.
void Connection::consume(char* data, std::size_t size) {
  std::size_t at = 0;
  consuming_ = true;
  for (int budget = kRequestsPerRound; phase_ == Phase::reading && at < size; --budget) {
    if (budget == 0 || out_.size() > kOutputBound || !body_.empty()) {
      loop_.want_resume(*this);
      break;
    }
    std::size_t rest = size - at;
    const Framing::State state = framing_.scan(data + at, rest);
    size = at + rest;
    if (state == Framing::State::need_more) {
      want_more();
      break;
    }
    if (state == Framing::State::refused) {
      refuse(framing_.refusal());
      break;
    }
    dispatch(data + at);
    at += framing_.consumed();
    framing_.reset();
  }
  consuming_ = false;
  if (phase_ == Phase::dead) return;
  if (phase_ == Phase::closing) at = size;  // nothing more is taken from this client
  if (data == in_.data()) {
    in_.resize(size);
    in_.drop_front(at);
  } else if (at < size) {
    in_.append(data + at, size - at);
  }
}

// The client has sent all it will. What it began and did not end cannot be answered.
void Connection::end_of_input() {
  if (phase_ != Phase::reading) return;
  if (output_empty()) return die();
  phase_ = Phase::closing;
}

void Connection::want_more() {
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

void Connection::dispatch(const char* data) {
  keep_alive_ = framing_.keep_alive();
  version_1_0_ = framing_.version_1_0();
  received_ = loop_.now();
  phase_ = Phase::answering;
  set_timer(Timer::none, Millis(0));
  loop_.counters().requests.fetch_add(1, std::memory_order_relaxed);
  Request& request = loop_.request();
  fill(request, framing_, data, peer_);
  head_ = request.method == "HEAD";
  const RouteTable::Match match = loop_.shared().routes.find(request.method, request.path);
  route_ = match.route;
  if (match.route) return call(*match.route, request, data);
  if (match.allow.empty()) return respond(problem(404, "not-found", "Not found", "There is nothing at this path."));
  Response response = problem(405, "method-not-allowed", "Method not allowed", "This path takes " + match.allow + ".");
  response.headers.emplace_back("Allow", match.allow);
  respond(std::move(response));
}

void Connection::call(const Route& route, const Request& request, const char* data) {
  if (!route.pooled) {
    try {
      loop_.handler(route)(request, Exchange(loop_, id_));
    } catch (...) {  // its exchange has answered 500 as it was let go
    }
    return;
  }
  auto job = own_copy(request, data, framing_.body_at() + framing_.body_bytes());
  job->reply = [loop = &loop_, id = id_](Response&& response) {
    loop->post(
        [loop, id, held = std::make_shared<Response>(std::move(response))] { loop->answer(id, std::move(*held)); });
  };
  if (loop_.shared().workers->submit(std::move(job))) return;
  Response busy = problem(503, "busy", "Busy", "Too many requests wait for a worker. Try again.");
  busy.headers.emplace_back("Retry-After", "1");
  respond(std::move(busy));
}

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
  LoopCounters& counters = loop_.counters();
  (refusal.status == 408 ? counters.timeouts : counters.bad).fetch_add(1, std::memory_order_relaxed);
  route_ = nullptr;
  head_ = false;
  received_ = loop_.now();
  phase_ = Phase::answering;
  respond(problem_of(refusal));
}

void Connection::flush() {
  while (!output_empty()) {
    const std::size_t head_left = written_ < out_.size() ? out_.size() - written_ : 0;
    const std::size_t body_at = written_ > out_.size() ? written_ - out_.size() : 0;
    std::array<iovec, 2> parts{iovec{out_.data() + (out_.size() - head_left), head_left},
                               iovec{body_.data() + body_at, body_.size() - body_at}};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = body_.empty() ? 1 : 2;
    const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno != EAGAIN) return die();
    if (n < 0) {
      blocked_ = true;
      return set_timer(Timer::write, loop_.shared().options.write_timeout);
    }
    written_ += static_cast<std::size_t>(n);
  }
  written();
}

// All that was to be written is.
void Connection::written() {
  if (out_.capacity() > kOutputBound) out_ = {};
  out_.clear();
  body_ = {};
  written_ = 0;
  if (phase_ == Phase::closing) return linger();
  if (phase_ == Phase::streaming) {
    set_timer(Timer::none, Millis(0));
    return loop_.want_resume(*this);
  }
  if (idle()) {
    set_timer(Timer::idle, loop_.shared().options.idle_timeout);
  } else if (timer_ == Timer::write) {
    timer_ = Timer::none;
    if (phase_ == Phase::reading) want_more();
  }
  if (phase_ == Phase::reading && (readable_ || end_seen_ || !in_.empty()) && !framing_.started())
    loop_.want_resume(*this);
}

// Closing while the client still sends would reset the connection, and our answer with it: what comes is dropped until
// the client has closed too, for a short while.
void Connection::linger() {
  if (end_seen_) return die();
  ::shutdown(fd_, SHUT_WR);
  phase_ = Phase::lingering;
  set_timer(Timer::linger, kLinger);
  discard();
}

void Connection::discard() {
  for (int i = 0; i < kReadsPerRound; ++i) {
    const ssize_t n = ::recv(fd_, loop_.scratch(), ServerLoop::kScratchBytes, 0);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return die();
  }
}

void Connection::on_deadline() {
  switch (timer_) {
    case Timer::none: return;
    case Timer::header: return refuse(kHeaderLate);
    case Timer::body: return refuse(kBodyLate);
    case Timer::idle:
    case Timer::write:
      loop_.counters().timeouts.fetch_add(timer_ == Timer::write ? 1 : 0, std::memory_order_relaxed);
      return die();
    case Timer::linger: return die();
  }
}

void Connection::stop() {
  if (phase_ == Phase::streaming) {
    stream_closed();
    return end();
  }
  if (idle()) {
    readable_ = true;
    read();  // a request may just have come
  }
  if (idle()) die();
}

}  // namespace certes::http
