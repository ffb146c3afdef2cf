#pragma once
// ChunkedBody: takes the data out of an answer's body in chunks (RFC 9112, 7.1), as its bytes come from the wire. It
// refuses nothing: libcurl reads the same bytes, and ends the transfer at what are no chunks. Who: CurlTransfer.
// Confined to one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace certes::http {

class ChunkedBody {
 public:
  // Appends the data among `wire` to `body`, until that has `most` bytes.
  void take(std::string_view wire, std::string& body, std::size_t most);
  bool had_more() const { return had_more_; }  // there was data without room
  void clear() { *this = ChunkedBody(); }

 private:
  enum class At : std::uint8_t { size, rest_of_line, data, data_end, over };

  void take_one(char c);
  void end_line();

  At at_ = At::size;
  std::uint64_t left_ = 0;  // of this chunk's data; in its line: what it says so far
  int digits_ = 0;
  bool had_more_ = false;
};

}  // namespace certes::http
