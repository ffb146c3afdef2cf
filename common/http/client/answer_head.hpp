#pragma once
// AnswerHead: the header of an endpoint's answer, line by line as libcurl hands it on: whether its status line is one
// (libcurl takes "200x" for 200), how large it is, and what is needed of it. Who: CurlTransfer. Confined to one thread.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace certes::http {

class AnswerHead {
 public:
  // Of all lines, interim answers and trailers included. libcurl makes an object of every line.
  static constexpr std::size_t kMostBytes = 256u << 10;
  static constexpr std::size_t kMostLines = 256;
  static constexpr std::size_t kMostKept = 1'024;

  enum class Fault : std::uint8_t { none, too_large, malformed };

  // With its end of line. `http2`: as for status_of_line. False: it is at fault, and nothing more is to be read.
  bool take(std::string_view line, bool http2 = false);

  Fault fault() const { return fault_; }
  bool ended() const { return ended_; }                            // of an answer that is not interim
  int status() const { return status_; }                           // of the last answer that has begun; 0: none
  bool chunked() const { return chunked_; }                        // that answer's body comes in chunks
  const std::string& retry_after() const { return retry_after_; }  // of that answer, as sent
  // The fields of that answer, where its status is not 2xx, as "name: value" lines: whole ones, as many as fit. What
  // hands out credentials (set-cookie and the like) is left out.
  const std::string& kept() const { return kept_; }
  void clear() { *this = AnswerHead(); }

 private:
  bool begin(std::string_view line, bool http2);
  void take_field(std::string_view name, std::string_view value);
  void keep(std::string_view name, std::string_view value);

  std::size_t bytes_ = 0;
  std::size_t lines_ = 0;
  std::string retry_after_, kept_;
  int status_ = 0;
  Fault fault_ = Fault::none;
  bool ended_ = false;
  bool chunked_ = false;
  bool begins_ = true;  // the next line is a status line
};

// "HTTP/1.1 200 OK" → 200; nothing else is one: 0. The line has no end. `http2`: both sides have agreed on HTTP/2,
// which has no such line; libcurl makes one, "HTTP/2 200 ". From anybody else it is none.
int status_of_line(std::string_view line, bool http2 = false);
// Whether all depends on `http2`.
bool claims_http2(std::string_view line);

}  // namespace certes::http
