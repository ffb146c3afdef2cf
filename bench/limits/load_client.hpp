#pragma once
// What the load programs share: connections, requests, and where an answer ends. Plain functions, any thread.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
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

// The request that is sent again and again: all of a file's bytes. Ends the program if it cannot be read.
inline std::string request_in(const char* path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.empty()) {
    std::fprintf(stderr, "%s: no request\n", path);
    std::exit(2);
  }
  return text;
}

}  // namespace certes::bench
