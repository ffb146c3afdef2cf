#pragma once
// CannedServer: a loopback HTTP server for tests that gives prepared answers in order, one a connection, and keeps what
// it was asked. Its thread ends with the object.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace certes::testing {

class CannedServer {
 public:
  struct Answer {
    int status = 200;
    std::string body;
    std::string type = "application/json";
  };

  explicit CannedServer(std::vector<Answer> answers) : answers_(std::move(answers)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 16);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~CannedServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }
  CannedServer(const CannedServer&) = delete;
  CannedServer& operator=(const CannedServer&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  // The requests so far, whole.
  std::vector<std::string> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  void serve() {
    for (const Answer& answer : answers_) {
      const int connection = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (connection < 0) return;
      std::string request = read_request(connection);
      {
        const std::lock_guard lock(mutex_);
        requests_.push_back(std::move(request));
      }
      const std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " X\r\nContent-Type: " + answer.type +
                               "\r\nContent-Length: " + std::to_string(answer.body.size()) +
                               "\r\nConnection: close\r\n\r\n" + answer.body;
      [[maybe_unused]] const auto written = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
      ::close(connection);
    }
  }

  static std::string read_request(int connection) {
    std::string request;
    char block[4096];
    for (;;) {
      const std::size_t end = request.find("\r\n\r\n");
      if (end != std::string::npos && request.size() >= end + 4 + content_length(request)) return request;
      const auto n = ::recv(connection, block, sizeof block, 0);
      if (n <= 0) return request;
      request.append(block, static_cast<std::size_t>(n));
    }
  }

  static std::size_t content_length(const std::string& request) {
    const std::size_t at = request.find("Content-Length: ");
    return at == std::string::npos ? 0 : std::strtoul(request.c_str() + at + 16, nullptr, 10);
  }

  std::vector<Answer> answers_;
  int listener_ = -1;
  int port_ = 0;
  std::thread thread_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // guarded by mutex_
};

}  // namespace certes::testing
