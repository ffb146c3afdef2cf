#include "common/http/server_loop.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "common/http/rendering.hpp"

namespace certes::http {

namespace {
constexpr std::uint64_t kListenToken = ~1ull;
constexpr int kAcceptsPerRound = 64;
}  // namespace

ServerLoop::ServerLoop(ServerShared& shared, int loop_index)
    : EventLoop(loop_index),
      shared_(shared),
      wheel_(std::chrono::steady_clock::now()),
      scratch_(std::make_unique_for_overwrite<char[]>(kScratchBytes)) {
  if (loop_index == 0) reserve_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

ServerLoop::~ServerLoop() {
  join();
  handlers_.clear();
  drop_work();
  if (reserve_fd_ >= 0) ::close(reserve_fd_);
}

void ServerLoop::start() {
  thread_ = std::thread([this] {
    thread_id_.store(std::this_thread::get_id());
    handlers_.resize(shared_.routes.all().size());
    for (const Route& route : shared_.routes.all())
      if (route.make) handlers_[route.index] = route.make(*this);
    // Level-triggered: what was not accepted in one round is in the next.
    if (index() == 0) watch(shared_.listener.fd(), kListenToken, EPOLLIN);
    run();
    for (Slot& slot : slots_)
      if (slot.connection) slot.connection->die();
    bury();
  });
  ::pthread_setname_np(thread_.native_handle(),
                       (shared_.options.name.substr(0, 10) + "-" + std::to_string(index())).c_str());
}

void ServerLoop::stop(SteadyTime until) {
  post([this, until] { stop_now(until); });
}

void ServerLoop::join() {
  if (thread_.joinable()) thread_.join();
}

void ServerLoop::stop_now(SteadyTime until) {
  stopping_ = true;
  stop_until_ = until;
  if (index() == 0) unwatch(shared_.listener.fd());
  for (Slot& slot : slots_)
    if (slot.connection && !slot.connection->dead()) slot.connection->stop();
}

Connection* ServerLoop::find(std::uint64_t id) {
  const auto slot = static_cast<std::uint32_t>(id);
  if (slot >= slots_.size() || slots_[slot].generation != static_cast<std::uint32_t>(id >> 32)) return nullptr;
  Connection* connection = slots_[slot].connection.get();
  return connection && !connection->dead() ? connection : nullptr;
}

void ServerLoop::respond(std::uint64_t connection, Response&& response) {
  // An exchange that was let go on another thread: its answer takes the way that is safe.
  if (thread_id_.load(std::memory_order_relaxed) != std::this_thread::get_id()) {
    post([this, connection, held = std::make_shared<Response>(std::move(response))] {
      respond(connection, std::move(*held));
    });
    return;
  }
  if (Connection* found = find(connection)) found->respond(std::move(response));
}

void ServerLoop::begin_stream(std::uint64_t connection, Response&& head) {
  if (Connection* found = find(connection)) found->begin_stream(std::move(head));
}

StreamBody* ServerLoop::streaming(std::uint64_t connection) {
  Connection* found = find(connection);
  return found ? found->streaming() : nullptr;
}

void ServerLoop::on_event(std::uint64_t token, std::uint32_t events) {
  if (token == kListenToken) return accept();
  if (Connection* connection = find(token)) connection->on_events(events);
}

SteadyTime ServerLoop::wait_until() const {
  if (!resume_.empty() || !flush_.empty()) return SteadyTime::min();
  return std::min(wheel_.next(), stop_until_);
}

void ServerLoop::take_up() {
  wheel_.expire(now(), [](DeadlineWheel::Entry& entry) { static_cast<Connection&>(entry).on_deadline(); });
  std::swap(batch_, resume_);
  for (const std::uint64_t id : batch_)
    if (Connection* connection = find(id)) {
      connection->queued_resume = false;
      connection->resume();
    }
  batch_.clear();
}

// After the hooks, so that what they hand over is on its way before time is spent on writing.
bool ServerLoop::end_round() {
  std::swap(batch_, flush_);
  for (const std::uint64_t id : batch_)
    if (Connection* connection = find(id)) {
      connection->queued_flush = false;
      connection->flush();
    }
  batch_.clear();
  bury();
  if (!stopping_) return true;
  return connections() > 0 && now() < stop_until_;
}

void ServerLoop::want_flush(Connection& connection) {
  if (std::exchange(connection.queued_flush, true)) return;
  flush_.push_back(connection.id());
}

void ServerLoop::want_resume(Connection& connection) {
  if (std::exchange(connection.queued_resume, true)) return;
  resume_.push_back(connection.id());
}

// The connection object may be in use further up the stack: it goes at the end of the round.
void ServerLoop::buried(Connection& connection, int fd) {
  wheel_.remove(connection);
  ::close(fd);
  dead_.push_back(static_cast<std::uint32_t>(connection.id()));
  connection_count_.fetch_sub(1, std::memory_order_relaxed);
  shared_.open.fetch_sub(1, std::memory_order_relaxed);
}

void ServerLoop::bury() {
  for (const std::uint32_t slot : dead_) {
    slots_[slot].connection.reset();
    ++slots_[slot].generation;
    free_slots_.push_back(slot);
  }
  dead_.clear();
}

std::string_view ServerLoop::date() {
  const std::int64_t second = now().time_since_epoch() / std::chrono::seconds(1);
  if (second != date_second_) {
    date_second_ = second;
    date_ = http_date(std::time(nullptr));
  }
  return date_;
}

void ServerLoop::accept() {
  if (stopping_) return;
  for (int i = 0; i < kAcceptsPerRound; ++i)
    if (!accept_one()) return;
}

bool ServerLoop::accept_one() {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  const int fd =
      ::accept4(shared_.listener.fd(), reinterpret_cast<sockaddr*>(&address), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) {
    if (errno == EMFILE || errno == ENFILE) out_of_descriptors();
    return errno == ECONNABORTED || errno == EINTR;
  }
  if (shared_.open.load(std::memory_order_relaxed) >= shared_.options.max_connections) {
    turn_away(fd);
    return true;
  }
  shared_.open.fetch_add(1, std::memory_order_relaxed);
  counters_.accepted.fetch_add(1, std::memory_order_relaxed);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ServerLoop* chosen = this;
  for (const auto& loop : shared_.loops)
    if (loop->connections() < chosen->connections()) chosen = loop.get();
  chosen->connection_count_.fetch_add(1, std::memory_order_relaxed);
  std::string peer = numeric_address(address);
  if (chosen == this) {
    adopt(fd, std::move(peer));
  } else {
    chosen->post([chosen, fd, peer = std::move(peer)] { chosen->adopt(fd, peer); });
  }
  return true;
}

// The listener would wake the loop for ever: one descriptor kept for this takes the client and lets it go.
void ServerLoop::out_of_descriptors() {
  if (reserve_fd_ >= 0) ::close(reserve_fd_);
  const int fd = ::accept4(shared_.listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) turn_away(fd);
  reserve_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  errno = EMFILE;
}

void ServerLoop::turn_away(int fd) {
  counters_.refused.fetch_add(1, std::memory_order_relaxed);
  Response response = problem(503, "too-many-connections", "Too many connections",
                              "The server holds as many connections as it takes. Try again.");
  response.headers.emplace_back("Retry-After", "1");
  std::string text;
  render_header(text, response, {.date = date(), .keep_alive = false});
  text += response.body;
  ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd, SHUT_WR);
  // What has come already is taken, as closing on unread bytes would reset the answer away.
  while (::recv(fd, scratch_.get(), kScratchBytes, MSG_DONTWAIT) == static_cast<ssize_t>(kScratchBytes)) {
  }
  ::close(fd);
}

void ServerLoop::adopt(int fd, std::string peer) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  const std::uint64_t id = (static_cast<std::uint64_t>(slots_[slot].generation) << 32) | slot;
  slots_[slot].connection = std::make_unique<Connection>(*this, id, fd, std::move(peer));
  Connection& connection = *slots_[slot].connection;
  if (!watch(fd, id, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) return connection.die();
  if (stopping_) connection.stop();
}

}  // namespace certes::http
