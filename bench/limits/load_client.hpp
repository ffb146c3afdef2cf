#pragma once
// What the load programs share: connections, requests, and where an answer ends. Plain functions, any thread.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdlib>
#include <string>

namespace certes::bench {

// A connection, or -1. Blocks.
inline int dial(const std::string& host, int port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? fd : -1;
}

// Bytes of the first answer, 0 if it is not all there.
inline std::size_t answer_bytes(const std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string::npos) return 0;
  const std::size_t at = text.find("Content-Length: ");
  const std::size_t length = at < end ? std::strtoul(text.c_str() + at + 16, nullptr, 10) : 0;
  return end + 4 + length <= text.size() ? end + 4 + length : 0;
}

// A POST of an event of about `body_bytes`. `headers`: ends with a null.
inline std::string request_of(const std::string& path, std::size_t body_bytes, char** headers) {
  const std::string shell = R"({"type":"bench.created","data":"")";
  const std::string fill(body_bytes > shell.size() + 1 ? body_bytes - shell.size() - 1 : 0, 'x');
  const std::string body = R"({"type":"bench.created","data":")" + fill + "\"}";
  std::string text = "POST " + path + " HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n";
  for (; *headers; ++headers) text.append(*headers).append("\r\n");
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace certes::bench
