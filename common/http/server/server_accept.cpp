// Accepting: who is taken, who is turned away, and which loop gets him.

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "common/http/server/rendering.hpp"
#include "common/http/server/server_loop.hpp"

namespace certes::http {

namespace {
constexpr int kAcceptsPerRound = 64;
constexpr Millis kPause{50};
}  // namespace

PeerKey peer_key(const sockaddr_storage& address) {
  constexpr PeerKey v4 = 1ull << 32;
  if (address.ss_family != AF_INET6) return v4 | ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr);
  const in6_addr& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  std::uint32_t last = 0;
  std::memcpy(&last, &v6.s6_addr[12], sizeof last);
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return v4 | ntohl(last);
  PeerKey network = 0;
  std::memcpy(&network, v6.s6_addr, sizeof network);
  return network == 0 ? ~PeerKey{0} : network;  // ::1 and the like
}

// Level-triggered: what was not accepted in one round is in the next.
void ServerLoop::watch_listener() { watch(shared_.listener.fd(), kListenToken, EPOLLIN); }

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
    switch (errno) {
      case EMFILE:
      case ENFILE: return turn_away_by_reserve();
      case ENOBUFS:
      case ENOMEM: pause_accepting(); return false;
      default: return errno != EAGAIN && errno != EBADF && errno != EINVAL;  // others are of that one client
    }
  }
  if (shared_.counters->open.load(std::memory_order_relaxed) >= shared_.options.max_connections) {
    turn_away(fd, Full::connections);
  } else {
    take(fd, address);
  }
  return true;
}

void ServerLoop::take(int fd, const sockaddr_storage& address) {
  std::string peer = numeric_address(address);
  const auto counted = count_peer(address, peer);
  if (!counted) return turn_away(fd, Full::per_peer);
  shared_.counters->open.fetch_add(1, std::memory_order_relaxed);
  counters_.accepted.add();
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ServerLoop* chosen = this;
  for (const auto& loop : shared_.loops)
    if (loop->connections() < chosen->connections()) chosen = loop.get();
  chosen->connection_count_.fetch_add(1, std::memory_order_relaxed);
  if (chosen == this) {
    adopt(fd, std::move(peer), *counted);
  } else {
    chosen->post([chosen, fd, peer = std::move(peer), key = *counted] { chosen->adopt(fd, peer, key); });
  }
}

std::optional<PeerKey> ServerLoop::count_peer(const sockaddr_storage& address, const std::string& peer) {
  const ServerOptions& options = shared_.options;
  if (options.max_connections_per_peer == 0) return PeerKey{0};
  if (options.unlimited_peer && options.unlimited_peer(peer)) return PeerKey{0};
  const PeerKey key = peer_key(address);
  if (!shared_.peers.take(key, options.max_connections_per_peer)) return std::nullopt;
  return key;
}

// Out of descriptors, the listener would wake the loop for ever: one that is kept for this takes the client and lets it
// go. False: another thread was faster, so there is none for now.
bool ServerLoop::turn_away_by_reserve() {
  if (reserve_fd_ >= 0) ::close(reserve_fd_);
  const int fd = ::accept4(shared_.listener.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) turn_away(fd, Full::descriptors);
  reserve_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (reserve_fd_ < 0) pause_accepting();
  return fd >= 0 && reserve_fd_ >= 0;
}

// Who wants in waits in the listener's queue meanwhile.
void ServerLoop::pause_accepting() {
  if (std::exchange(paused_, true)) return;
  unwatch(shared_.listener.fd());
  after(kPause, [this] {
    paused_ = false;
    if (stopping_) return;
    if (reserve_fd_ < 0) reserve_fd_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    watch_listener();
    accept();
  });
}

void ServerLoop::turn_away(int fd, Full reason) {
  counters_.count(reason);
  if (shared_.tls->enabled()) {  // a handshake only to say no would be what the limit is to keep away
    ::close(fd);
    return;
  }
  Response response = reason == Full::per_peer
                          ? problem(429, "too-many-connections", "Too many connections",
                                    "Your address holds as many connections as it may.")
                          : problem(503, "too-many-connections", "Too many connections",
                                    "The server holds as many connections as it takes. Try again.");
  response.headers.emplace_back("Retry-After", "1");
  say_and_close(fd, response);
}

void ServerLoop::answer_in_the_clear(int fd) {
  std::string text;
  const Response response = problem(400, "tls-required", "TLS required", "This port takes https only.");
  render_header(text, response, {.date = date(), .keep_alive = false});
  text += response.body;
  ::send(fd, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void ServerLoop::say_and_close(int fd, const Response& response) {
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

void ServerLoop::adopt(int fd, std::string peer, PeerKey counted) {
  std::uint32_t slot = 0;
  if (free_slots_.empty()) {
    slot = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    slot = free_slots_.back();
    free_slots_.pop_back();
  }
  const std::uint64_t id = (static_cast<std::uint64_t>(slots_[slot].generation) << 32) | slot;
  std::unique_ptr<TlsSession> tls;
  const auto context = shared_.tls->current();
  if (context) tls = context->session(fd);
  const bool usable = !context || tls;
  slots_[slot].connection =
      std::make_unique<Connection>(*this, id, Transport(fd, std::move(tls)), std::move(peer), counted);
  Connection& connection = *slots_[slot].connection;
  if (!usable || !watch(fd, id, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)) return connection.die();
  connection.weigh(true);
  if (stopping_ && !connection.dead()) connection.stop();
}

}  // namespace certes::http
