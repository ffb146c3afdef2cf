#include "common/http/listener.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <utility>

namespace certes::http {

namespace {

struct HostPort {
  std::string host, port;
};

Result<HostPort> split(const std::string& listen, const std::string& name) {
  const auto bad = [&] {
    return fail(Code::invalid, "'" + listen + "' is no address to listen on; write host:port or [v6]:port",
                name + ".listen");
  };
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string::npos) return bad();
  std::string host = listen.substr(0, colon);
  std::string port = listen.substr(colon + 1);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (!bracketed && host.find(':') != std::string::npos) return bad();
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  if (host.empty() || error != std::errc{} || end != port.data() + port.size()) return bad();
  return HostPort{std::move(host), std::move(port)};
}

std::string with_port(const std::string& host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string::npos;
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

sockaddr_storage bound_address(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return address;
}

int open_listening(const addrinfo& info) {
  const int fd = ::socket(info.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);  // to start again at once after a crash
  if (::bind(fd, info.ai_addr, info.ai_addrlen) == 0 && ::listen(fd, 4096) == 0) return fd;
  const int error = errno;
  ::close(fd);
  errno = error;
  return -1;
}

}  // namespace

Result<Listener> Listener::bind(const std::string& listen, const std::string& name) {
  auto parts = split(listen, name);
  if (!parts) return fail(std::move(parts.error()));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const int e = ::getaddrinfo(parts->host.c_str(), parts->port.c_str(), &hints, &found); e != 0)
    return fail(Code::invalid, name + ": cannot listen on " + listen + ": " + ::gai_strerror(e), name + ".listen");
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> free_later(found, ::freeaddrinfo);
  Listener listener;
  listener.fd_ = open_listening(*found);
  if (listener.fd_ < 0) {
    const std::string reason = std::strerror(errno);
    if (errno == EADDRINUSE)
      return fail(Code::conflict,
                  name + ": " + listen + " is in use (by another process); choose another with " + name + ".listen");
    return fail(Code::invalid, name + ": cannot listen on " + listen + ": " + reason, name + ".listen");
  }
  const sockaddr_storage bound = bound_address(listener.fd_);
  listener.port_ = port_of(bound);
  listener.address_ = with_port(numeric_address(bound), listener.port_);
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), port_(other.port_), address_(std::move(other.address_)) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(port_, other.port_);
  std::swap(address_, other.address_);
  return *this;
}

void Listener::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

std::string numeric_address(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&v6)) {
      ::inet_ntop(AF_INET, &v6.s6_addr[12], text.data(), text.size());
    } else {
      ::inet_ntop(AF_INET6, &v6, text.data(), text.size());
    }
  } else {
    ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text.data(), text.size());
  }
  return text.data();
}

std::uint16_t port_of(const sockaddr_storage& address) {
  return address.ss_family == AF_INET6 ? ntohs(reinterpret_cast<const sockaddr_in6&>(address).sin6_port)
                                       : ntohs(reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace certes::http
