#pragma once
// RawEndpoint: a listener on a free port of loopback that runs a script, on a thread of its own, for each connection.
// For endpoints that misbehave; those that behave are http::Server. Any thread.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace certes::fakes {

class RawEndpoint {
 public:
  // `script` gets the connected socket, number by number; it is closed afterwards.
  explicit RawEndpoint(std::function<void(int fd, int number)> script)
      : script_(std::move(script)), listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
    ::listen(listener_, 1024);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept(); });
  }
  ~RawEndpoint() {
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::lock_guard lock(mutex_);
      for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
    }
    for (std::thread& thread : threads_) thread.join();
    ::close(listener_);
  }
  RawEndpoint(const RawEndpoint&) = delete;
  RawEndpoint& operator=(const RawEndpoint&) = delete;

  std::string url(std::string_view path = "/") const {
    return "http://127.0.0.1:" + std::to_string(port_) + std::string(path);
  }
  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  int closed() const { return closed_; }  // by this side, after their scripts

  // Reads one request with its Content-Length; empty if the client closes before.
  static std::string read_request(int fd) {
    std::string bytes;
    for (;;) {
      const std::size_t end = bytes.find("\r\n\r\n");
      if (end != std::string::npos) {
        const std::size_t at = bytes.find("Content-Length: ");
        const std::size_t length = at < end ? std::strtoul(bytes.c_str() + at + 16, nullptr, 10) : 0;
        if (bytes.size() >= end + 4 + length) return bytes;
      }
      char piece[4096];
      const ssize_t n = ::recv(fd, piece, sizeof piece, 0);
      if (n <= 0) return {};
      bytes.append(piece, static_cast<std::size_t>(n));
    }
  }
  static bool send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  // Until the client closes.
  static void wait_closed(int fd) {
    char byte = 0;
    while (::recv(fd, &byte, 1, 0) > 0) {
    }
  }

 private:
  void accept() {
    while (!stopping_) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      const int number = ++connections_;
      const std::lock_guard lock(mutex_);
      open_.push_back(fd);
      threads_.emplace_back([this, fd, number] {
        script_(fd, number);
        const std::lock_guard inner(mutex_);
        std::erase(open_, fd);
        ::close(fd);
        ++closed_;
      });
    }
  }

  const std::function<void(int, int)> script_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> connections_{0};
  std::atomic<int> closed_{0};
  std::mutex mutex_;
  std::vector<int> open_;  // guarded by mutex_
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace certes::fakes
