#include "common/http/framing.hpp"

#include <cstring>

#include "common/http/characters.hpp"

namespace certes::http {

namespace {

constexpr std::size_t kMaxChunkLine = 512;
constexpr std::size_t kMaxMethod = 32;

constexpr Refusal malformed(std::string_view detail) { return {400, "malformed-request", "Malformed request", detail}; }

constexpr Refusal kBareLf = malformed("A line ends with LF alone; it must end with CRLF.");
constexpr Refusal kRequestLine = malformed("The request line is not 'METHOD target HTTP/1.1'.");
constexpr Refusal kTarget = malformed("The request target is not a path, or holds a character that is not allowed.");
constexpr Refusal kVersion{505, "version-not-supported", "HTTP version not supported", "Use HTTP/1.1."};
constexpr Refusal kFold = malformed("A header line begins with a space (obsolete line folding).");
constexpr Refusal kFieldName =
    malformed("A header has no colon, or a space or another character not allowed before it.");
constexpr Refusal kFieldValue = malformed("A header value holds a control character.");
constexpr Refusal kNoHost = malformed("The Host header is missing.");
constexpr Refusal kHost = malformed("The Host header is given twice, or is no host.");
constexpr Refusal kLength = malformed("Content-Length is not a plain number.");
constexpr Refusal kTwoLengths = malformed("Content-Length is given twice.");
constexpr Refusal kBothFramings = malformed("Content-Length and Transfer-Encoding are both given.");
constexpr Refusal kOldCoding = malformed("Transfer-Encoding is not part of HTTP/1.0.");
constexpr Refusal kTwoCodings = malformed("Transfer-Encoding is given twice.");
constexpr Refusal kChunk = malformed("The chunked body is malformed.");
constexpr Refusal kCoding{501, "transfer-coding", "Transfer coding not implemented",
                          "The only transfer coding understood is 'chunked'."};
constexpr Refusal kExpectation{417, "expectation-failed", "Expectation failed",
                               "The only expectation understood is '100-continue'."};
constexpr Refusal kHeaderLarge{431, "header-too-large", "Header too large",
                               "The request line and headers are larger than this server takes."};
constexpr Refusal kHeaderCount{431, "header-too-large", "Too many headers",
                               "There are more headers than this server takes."};
constexpr Refusal kBodyLarge{413, "too-large", "Body too large", "The body is larger than this server takes."};

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool is_host(std::string_view value) {
  for (const char c : value)
    if (c <= 0x20 || c == 0x7f || c == '/' || c == '@' || c == '?' || c == '#' || c == '\\' || c == ',') return false;
  return true;
}

bool is_target(std::string_view target) {
  for (const char c : target)
    if (c <= 0x20 || c == 0x7f || c == '#') return false;  // char is signed: 0x80 and above are below 0
  if (target.front() == '/') return true;
  if (target == "*") return true;
  return (target.size() > 7 && same_token(target.substr(0, 7), "http://")) ||
         (target.size() > 8 && same_token(target.substr(0, 8), "https://"));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

}  // namespace

bool same_token(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (lower(a[i]) != lower(b[i])) return false;
  return true;
}

void Framing::reset() {
  std::vector<Field> fields = std::move(fields_);
  fields.clear();
  *this = Framing(*limits_);
  fields_ = std::move(fields);
}

bool Framing::refuse(const Refusal& refusal) {
  refusal_ = refusal;
  return false;
}

bool Framing::take_continue() {
  if (!expects_continue_ || phase_ < Phase::body || phase_ == Phase::done) return false;
  expects_continue_ = false;
  return true;
}

Framing::State Framing::scan(char* data, std::size_t& size) {
  if (refusal_.status != 0) return State::refused;
  if (phase_ < Phase::body) {
    const State state = scan_head(data, size);
    if (state != State::complete) return state;
  }
  if (phase_ == Phase::done) return State::complete;
  if (chunked_) return scan_chunks(data, size);
  if (size - header_bytes_ < content_length_) return State::need_more;
  body_bytes_ = content_length_;
  position_ = header_bytes_ + content_length_;
  phase_ = Phase::done;
  return State::complete;
}

// The next line without its CRLF, if it is there; it may be at most max_bytes long.
Framing::Line Framing::next_line(const char* data, std::size_t size, std::string_view& line, std::size_t max_bytes,
                                 const Refusal& large) {
  const char* begin = data + position_;
  const std::size_t unread = size - position_ - seen_;
  const void* found = unread == 0 ? nullptr : std::memchr(begin + seen_, '\n', unread);
  const std::size_t length =
      found ? static_cast<std::size_t>(static_cast<const char*>(found) - begin) + 1 : size - position_;
  if (length > max_bytes) {
    refuse(large);
    return Line::refused;
  }
  if (!found) {
    seen_ = length;
    return Line::none;
  }
  if (length < 2 || begin[length - 2] != '\r') {
    refuse(kBareLf);
    return Line::refused;
  }
  line = {begin, length - 2};
  position_ += length;
  seen_ = 0;
  return Line::found;
}

// complete: the header is.
Framing::State Framing::scan_head(const char* data, std::size_t size) {
  std::string_view line;
  for (;;) {
    const Line result = next_line(data, size, line, limits_->max_header_bytes - position_, kHeaderLarge);
    if (result == Line::none) return State::need_more;
    if (result == Line::refused) return State::refused;
    if (phase_ == Phase::request_line) {
      if (line.empty() && !skipped_line_) {  // RFC 9112, 2.2: one empty line before a request is passed over
        skipped_line_ = true;
        continue;
      }
      if (!request_line(data, line)) return State::refused;
      phase_ = Phase::header;
    } else if (line.empty()) {
      return header_end() ? State::complete : State::refused;
    } else if (!field_line(data, line, false)) {
      return State::refused;
    }
  }
}

bool Framing::request_line(const char* data, std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return refuse(kRequestLine);
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!is_token(method) || method.size() > kMaxMethod || target.empty()) return refuse(kRequestLine);
  const bool shaped = version.size() == 8 && version.substr(0, 5) == "HTTP/" && version[6] == '.' &&
                      version[5] >= '0' && version[5] <= '9' && version[7] >= '0' && version[7] <= '9';
  if (!shaped) return refuse(kRequestLine);
  if (version[5] != '1') return refuse(kVersion);
  if (!is_target(target)) return refuse(kTarget);
  version_1_0_ = version[7] == '0';
  method_ = {static_cast<std::uint32_t>(method.data() - data), static_cast<std::uint32_t>(method.size())};
  target_ = {static_cast<std::uint32_t>(target.data() - data), static_cast<std::uint32_t>(target.size())};
  return true;
}

bool Framing::field_line(const char* data, std::string_view line, bool trailer) {
  if (line.front() == ' ' || line.front() == '\t') return refuse(kFold);
  std::size_t colon = 0;
  while (colon < line.size() && is_token_char(line[colon])) ++colon;
  if (colon == 0 || colon == line.size() || line[colon] != ':') return refuse(kFieldName);
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (!is_field_value(value)) return refuse(kFieldValue);
  if (trailer) return true;  // checked, and dropped
  if (fields_.size() >= limits_->max_headers) return refuse(kHeaderCount);
  fields_.push_back({static_cast<std::uint32_t>(name.data() - data), static_cast<std::uint32_t>(name.size()),
                     static_cast<std::uint32_t>(value.data() - data), static_cast<std::uint32_t>(value.size())});
  return known_field(name, value);
}

// The few headers that framing depends on, told apart by their length first.
bool Framing::known_field(std::string_view name, std::string_view value) {
  switch (name.size()) {
    case 4:
      if (!same_token(name, "host")) return true;
      if (has_host_ || !is_host(value)) return refuse(kHost);
      has_host_ = true;
      return true;
    case 6:
      if (!same_token(name, "expect")) return true;
      if (!same_token(value, "100-continue")) return refuse(kExpectation);
      expects_continue_ = true;
      return true;
    case 10: return !same_token(name, "connection") || connection(value);
    case 14: return !same_token(name, "content-length") || content_length(value);
    case 17:
      if (!same_token(name, "transfer-encoding")) return true;
      if (has_coding_) return refuse(kTwoCodings);
      has_coding_ = true;
      other_coding_ = !same_token(value, "chunked");
      return true;
    default: return true;
  }
}

bool Framing::content_length(std::string_view value) {
  if (has_length_) return refuse(kTwoLengths);
  has_length_ = true;
  if (value.empty()) return refuse(kLength);
  std::uint64_t length = 0;
  for (const char c : value) {
    if (c < '0' || c > '9') return refuse(kLength);
    if (length > (UINT64_MAX - 9) / 10) return refuse(kLength);
    length = length * 10 + static_cast<std::uint64_t>(c - '0');
  }
  content_length_ = length;
  return true;
}

bool Framing::connection(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    const std::string_view option = trimmed(value.substr(0, comma));
    wants_close_ = wants_close_ || same_token(option, "close");
    wants_keep_alive_ = wants_keep_alive_ || same_token(option, "keep-alive");
    value = comma == std::string_view::npos ? std::string_view{} : value.substr(comma + 1);
  }
  return true;
}

bool Framing::header_end() {
  header_bytes_ = position_;
  keep_alive_ = !wants_close_ && (!version_1_0_ || wants_keep_alive_);
  if (!version_1_0_ && !has_host_) return refuse(kNoHost);
  if (has_coding_) {
    if (version_1_0_) return refuse(kOldCoding);
    if (has_length_) return refuse(kBothFramings);
    if (other_coding_) return refuse(kCoding);
    chunked_ = true;
  }
  if (content_length_ > limits_->max_body_bytes) return refuse(kBodyLarge);
  if (version_1_0_ || (!chunked_ && content_length_ == 0)) expects_continue_ = false;
  phase_ = chunked_ ? Phase::chunk_size : Phase::body;
  return true;
}

bool Framing::chunk_line(std::string_view line) {
  std::size_t digits = 0;
  std::uint64_t value = 0;
  while (digits < line.size() && hex_digit(line[digits]) >= 0) {
    if (++digits > 15) return refuse(kChunk);
    value = value * 16 + static_cast<std::uint64_t>(hex_digit(line[digits - 1]));
  }
  const std::string_view rest = line.substr(digits);
  if (digits == 0 || (!rest.empty() && rest.front() != ';') || !is_field_value(rest)) return refuse(kChunk);
  if (value > limits_->max_body_bytes - body_bytes_) return refuse(kBodyLarge);
  chunk_left_ = value;
  phase_ = value == 0 ? Phase::trailer : Phase::chunk_data;
  return true;
}

// Moves the data of each chunk behind that of the last, and at the end what is not understood yet behind it all, so
// that the buffer never holds more than body and unread bytes.
Framing::State Framing::scan_chunks(char* data, std::size_t& size) {
  const auto close_gap = [&] {
    const std::size_t end = header_bytes_ + body_bytes_;
    if (end == position_) return;
    std::memmove(data + end, data + position_, size - position_);
    size -= position_ - end;
    position_ = end;
  };
  std::string_view line;
  for (;;) {
    if (phase_ == Phase::chunk_data) {
      const std::size_t piece = std::min(chunk_left_, size - position_);
      if (header_bytes_ + body_bytes_ != position_)
        std::memmove(data + header_bytes_ + body_bytes_, data + position_, piece);
      body_bytes_ += piece;
      position_ += piece;
      chunk_left_ -= piece;
      if (chunk_left_ > 0) break;
      phase_ = Phase::chunk_end;
    }
    const bool trailer = phase_ == Phase::trailer;
    const std::size_t room = trailer ? limits_->max_header_bytes - trailer_bytes_ : kMaxChunkLine;
    const Line result = next_line(data, size, line, room, trailer ? kHeaderLarge : kChunk);
    if (result == Line::refused) return State::refused;
    if (result == Line::none) break;
    if (phase_ == Phase::chunk_end) {
      if (!line.empty()) return refuse(kChunk), State::refused;
      phase_ = Phase::chunk_size;
    } else if (phase_ == Phase::chunk_size) {
      if (!chunk_line(line)) return State::refused;
    } else if (line.empty()) {
      phase_ = Phase::done;
      return State::complete;
    } else {
      trailer_bytes_ += line.size() + 2;
      if (!field_line(data, line, true)) return State::refused;
    }
  }
  close_gap();
  return State::need_more;
}

}  // namespace certes::http
