// The request line, the headers, and what they say of the body.

#include <algorithm>

#include "common/http/characters.hpp"
#include "common/http/server/framing.hpp"
#include "common/http/server/framing_refusals.hpp"

namespace certes::http {

namespace {

constexpr std::size_t kMaxMethod = 32;

// The authority of a target in absolute form; empty: it is in none.
std::string_view authority_of(std::string_view target) {
  std::size_t at = 0;
  for (const std::string_view scheme : {"http://", "https://"})
    if (same_token(target.substr(0, scheme.size()), scheme)) at = scheme.size();
  if (at == 0) return {};
  return target.substr(at, std::min(target.find_first_of("/?", at), target.size()) - at);
}

bool is_target(std::string_view method, std::string_view target, std::string_view authority) {
  for (const char c : target)
    if (!is_visible(c) || c == '#') return false;
  if (target.front() == '/') return true;
  if (target == "*") return method == "OPTIONS";
  return is_authority(authority);
}

}  // namespace

std::string_view origin_form(std::string_view target) {
  if (target.front() == '/' || target.front() == '*') return target;
  const std::size_t path = target.find_first_of("/?", target.find("//") + 2);
  return path == std::string_view::npos || target[path] == '?' ? std::string_view("/") : target.substr(path);
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
  const std::string_view authority = authority_of(target);
  if (!is_target(method, target, authority)) return refuse(kTarget);
  const std::string_view path = origin_form(target);
  if (std::min(path.find('?'), path.size()) > limits_->max_path_bytes) return refuse(kPathLong);
  version_1_0_ = version[7] == '0';
  method_ = {static_cast<std::uint32_t>(method.data() - data), static_cast<std::uint32_t>(method.size())};
  target_ = {static_cast<std::uint32_t>(target.data() - data), static_cast<std::uint32_t>(target.size())};
  if (!authority.empty())
    authority_ = {static_cast<std::uint32_t>(authority.data() - data), static_cast<std::uint32_t>(authority.size())};
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
      if (has_host_ || !(value.empty() || is_authority(value))) return refuse(kHost);
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

bool Framing::header_end(const char* data) {
  header_bytes_ = position_;
  max_body_bytes_ = limits_->max_body_bytes;
  if (limits_->body_bytes)
    max_body_bytes_ = limits_->body_bytes({data + method_.at, method_.size}, {data + target_.at, target_.size});
  keep_alive_ = !wants_close_ && (!version_1_0_ || wants_keep_alive_);
  if (!version_1_0_ && !has_host_) return refuse(kNoHost);
  if (has_coding_) {
    if (version_1_0_) return refuse(kOldCoding);
    if (has_length_) return refuse(kBothFramings);
    if (other_coding_) return refuse(kCoding);
    chunked_ = true;
  }
  if (content_length_ > max_body_bytes_) return refuse(kBodyLarge);
  if (version_1_0_ || (!chunked_ && content_length_ == 0)) expects_continue_ = false;
  phase_ = chunked_ ? Phase::chunk_size : Phase::body;
  return true;
}

}  // namespace certes::http
