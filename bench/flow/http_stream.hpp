#pragma once
// Just enough HTTP/1.1 for a load program: finds the end of one request or answer with a Content-Length in a buffer.
// Used by the measurements alone. Plain functions, any thread.

#include <charconv>
#include <cstddef>
#include <string_view>

namespace certes::bench {

struct HttpFrame {
  std::size_t size = 0;  // whole size; 0: not complete yet
  std::string_view head;
  std::string_view body;
  int status() const {  // of an answer
    int value = 0;
    if (head.size() > 12) std::from_chars(head.data() + 9, head.data() + 12, value);
    return value;
  }
};

inline std::size_t content_length(std::string_view head) {
  for (const std::string_view name : {"\r\nContent-Length: ", "\r\ncontent-length: "}) {
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) continue;
    std::size_t value = 0;
    std::from_chars(head.data() + at + name.size(), head.data() + head.size(), value);
    return value;
  }
  return 0;
}

inline HttpFrame next_frame(std::string_view buffer) {
  const std::size_t end = buffer.find("\r\n\r\n");
  if (end == std::string_view::npos) return {};
  const std::string_view head = buffer.substr(0, end + 2);
  const std::size_t length = content_length(head);
  if (buffer.size() < end + 4 + length) return {};
  return {end + 4 + length, head, buffer.substr(end + 4, length)};
}

}  // namespace certes::bench
