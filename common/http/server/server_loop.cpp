#include "common/http/server/server_loop.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

#include "common/http/server/rendering.hpp"

namespace certes::http {

namespace {
constexpr Millis kResuming{2};  // of a round
}  // namespace

ServerLoop::ServerLoop(ServerShared& shared, int loop_index)
    : EventLoop(loop_index),
      shared_(shared),
      counters_(shared.counters->loops[static_cast<std::size_t>(loop_index)]),
      wheel_(std::chrono::steady_clock::now()),
      unfinished_(shared.counters->unfinished, static_cast<std::size_t>(loop_index)),
      scratch_(std::make_unique_for_overwrite<char[]>(kScratchBytes)) {
  if (loop_index == 0) reserve_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
}

ServerLoop::~ServerLoop() {
  join();
  handlers_.clear();
  head_checks_.clear();
  drop_work();
  if (reserve_fd_ >= 0) ::close(reserve_fd_);
}

void ServerLoop::start() {
  thread_ = std::thread([this] {
    thread_id_.store(std::this_thread::get_id());
    make_handlers();
    if (index() == 0) watch_listener();
    run();
    for (Slot& slot : slots_)
      if (slot.connection) slot.connection->die();
    bury();
  });
  ::pthread_setname_np(thread_.native_handle(),
                       (shared_.options.name.substr(0, 10) + "-" + std::to_string(index())).c_str());
}

void ServerLoop::make_handlers() {
  handlers_.resize(shared_.routes.all().size());
  head_checks_.resize(shared_.routes.all().size());
  for (const Route& route : shared_.routes.all()) {
    if (route.make) handlers_[route.index] = route.make(*this);
    if (route.make_check) head_checks_[route.index] = route.make_check(*this);
  }
}

void ServerLoop::stop(SteadyTime until) {
  post([this, until] { stop_now(until); });
}

void ServerLoop::join() {
  if (thread_.joinable()) thread_.join();
}

// New clients are refused from here on, instead of waiting for a server that leaves; those that are connected already
// are taken.
void ServerLoop::stop_accepting(SteadyTime until) {
  accept();
  unwatch(shared_.listener.fd());
  shared_.listener.close();
  for (const auto& loop : shared_.loops)
    if (loop.get() != this) loop->stop(until);
}

void ServerLoop::stop_now(SteadyTime until) {
  if (index() == 0 && !stopping_) stop_accepting(until);
  stopping_ = true;
  stop_until_ = until;
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
  // Not all of them at once: who has sent one request would wait for as many turns as there are of those that send
  // much.
  const SteadyTime until = std::chrono::steady_clock::now() + kResuming;
  for (std::size_t left = resume_.size(); left > 0 && std::chrono::steady_clock::now() < until; --left) {
    Connection* connection = find(resume_.front());
    resume_.pop_front();
    if (connection == nullptr) continue;
    connection->queued_resume = false;
    connection->resume();
  }
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
void ServerLoop::buried(Connection& connection, int fd, PeerKey peer) {
  wheel_.remove(connection);
  unfinished_.set(connection, 0, false, now());
  ::close(fd);
  if (peer != 0) shared_.peers.give_back(peer);
  dead_.push_back(static_cast<std::uint32_t>(connection.id()));
  connection_count_.fetch_sub(1, std::memory_order_relaxed);
  shared_.counters->open.fetch_sub(1, std::memory_order_relaxed);
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

}  // namespace certes::http
