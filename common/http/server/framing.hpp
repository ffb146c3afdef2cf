#pragma once
// Framing: finds one HTTP/1.x request in a growing buffer, strictly by RFC 9112, and refuses at the first byte that is
// out of order. Pure: no I/O, no clock; fed again with the same buffer as it grows, it looks at no byte twice. Who:
// the server's connections. Confined to one thread.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace certes::http {

struct FramingLimits {
  std::size_t max_header_bytes = 32u << 10;
  std::size_t max_headers = 100;
  std::size_t max_body_bytes = 1u << 20;
  std::size_t max_path_bytes = 2'048;
  // Of the body of a request with this method and target; empty: max_body_bytes, of any.
  std::function<std::size_t(std::string_view method, std::string_view target)> body_bytes = {};
};

// Why a request is refused: what problem() takes. Texts are static.
struct Refusal {
  int status = 0;  // 0: not refused
  std::string_view slug, title, detail;
  // The limit that it met, and of what: the client is told.
  std::size_t FramingLimits::*limit = nullptr;
  std::string_view unit{};
};

class Framing {
 public:
  // unscanned: there are bytes that were not looked at, as it would take long: scan again, after others have had their
  // turn.
  enum class State : std::uint8_t { need_more, unscanned, complete, refused };
  static constexpr int kLinesPerScan = 1'024;  // of a chunked body: about a tenth of a millisecond
  struct Field {
    std::uint32_t name, name_size, value, value_size;  // offsets from the start of the request
  };
  struct Part {
    std::uint32_t at = 0, size = 0;
  };

  explicit Framing(const FramingLimits& limits) : limits_(&limits) {}  // which must outlive it
  explicit Framing(FramingLimits&&) = delete;

  // `data` is the buffer from the request's first byte, `size` how much of it is there. Chunked bodies are joined in
  // place, so bytes may move and `size` may shrink. Once it is complete or refused, call reset() before the next
  // request.
  State scan(char* data, std::size_t& size);
  void reset();

  // Meaningful once complete (method, target and fields: once header_complete()).
  Part method() const { return method_; }
  Part target() const { return target_; }
  Part authority() const { return authority_; }  // of a target in absolute form; else empty
  const std::vector<Field>& fields() const { return fields_; }
  std::size_t body_at() const { return header_bytes_; }
  std::size_t body_bytes() const { return body_bytes_; }
  std::size_t consumed() const { return position_; }  // where the next request begins
  bool keep_alive() const { return keep_alive_; }
  bool version_1_0() const { return version_1_0_; }
  const Refusal& refusal() const { return refusal_; }
  // To which this request is held; known with the header.
  std::size_t max_body_bytes() const { return max_body_bytes_; }

  bool started() const { return position_ > 0 || seen_ > 0; }
  bool header_complete() const { return phase_ >= Phase::body; }
  bool expects_continue() const { return expects_continue_; }
  // True once per request: the header is there, the client waits for "100 Continue", and the body is not there yet.
  bool take_continue();
  // How large the whole request will be, as far as is known.
  std::size_t expected_bytes() const { return chunked_ ? 0 : header_bytes_ + content_length_; }
  // Memory of its own.
  std::size_t held_bytes() const { return fields_.capacity() * sizeof(Field); }

 private:
  enum class Phase : std::uint8_t { request_line, header, body, chunk_size, chunk_data, chunk_end, trailer, done };

  enum class Line : std::uint8_t { none, found, refused };
  Line next_line(const char* data, std::size_t size, std::string_view& line, std::size_t max_bytes,
                 const Refusal& large);
  State scan_head(const char* data, std::size_t size);
  State scan_chunks(char* data, std::size_t& size);
  bool request_line(const char* data, std::string_view line);
  bool field_line(const char* data, std::string_view line, bool trailer);
  bool known_field(std::string_view name, std::string_view value);
  bool content_length(std::string_view value);
  bool connection(std::string_view value);
  bool header_end(const char* data);
  bool chunk_line(std::string_view line);
  bool refuse(const Refusal& refusal);

  const FramingLimits* limits_;
  Phase phase_ = Phase::request_line;
  bool version_1_0_ = false, keep_alive_ = true, chunked_ = false;
  bool has_host_ = false, has_length_ = false, has_coding_ = false, other_coding_ = false;
  bool wants_close_ = false, wants_keep_alive_ = false, expects_continue_ = false, skipped_line_ = false;
  std::size_t position_ = 0;  // first byte not understood yet
  std::size_t seen_ = 0;      // bytes after it already searched for a line end
  std::size_t header_bytes_ = 0;
  std::size_t content_length_ = 0;
  std::size_t max_body_bytes_ = 0;
  std::size_t body_bytes_ = 0;
  std::size_t chunk_left_ = 0;
  std::size_t trailer_bytes_ = 0;
  Part method_, target_, authority_;
  std::vector<Field> fields_;
  Refusal refusal_;
};

// A target without the scheme and authority that one in absolute form has.
std::string_view origin_form(std::string_view target);

}  // namespace certes::http
