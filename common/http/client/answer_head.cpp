#include "common/http/client/answer_head.hpp"

#include <algorithm>

#include "common/http/characters.hpp"

namespace certes::http {

namespace {

constexpr std::string_view kVersions[] = {"HTTP/1.1 ", "HTTP/1.0 "};
constexpr std::string_view kVersion2 = "HTTP/2 ";  // libcurl's own words: HTTP/2 has no status line
constexpr std::size_t kMaxRetryAfter = 128;
constexpr std::string_view kCredentials[] = {"set-cookie", "set-cookie2", "authentication-info",
                                             "proxy-authentication-info", "authorization"};

bool interim(int status) { return status < 200 && status != 101; }

std::string_view without_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  return line;
}

}  // namespace

bool claims_http2(std::string_view line) { return line.starts_with(kVersion2); }

int status_of_line(std::string_view line, bool http2) {
  std::size_t version = http2 && claims_http2(line) ? kVersion2.size() : 0;
  for (const std::string_view one : kVersions)
    if (line.starts_with(one)) version = one.size();
  if (version == 0) return 0;
  const std::string_view rest = line.substr(version);
  const std::string_view digits = rest.substr(0, 3);
  const bool number = digits.size() == 3 && std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; });
  if (!number || digits[0] == '0' || (rest.size() > 3 && rest[3] != ' ')) return 0;
  return (digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0');
}

bool AnswerHead::take(std::string_view line, bool http2) {
  bytes_ += line.size();
  if (++lines_ > kMostLines || bytes_ > kMostBytes) {
    fault_ = Fault::too_large;
    return false;
  }
  line = without_end(line);
  // No name of a header holds a slash: libcurl has found another answer.
  if (begins_ || same_token(line.substr(0, 5), "http/")) return begin(line, http2);
  if (line.empty()) {
    begins_ = interim(status_);
    ended_ = !begins_;
    return true;
  }
  const std::size_t colon = line.find(':');
  if (!ended_ && colon != line.npos) take_field(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  return true;
}

void AnswerHead::keep(std::string_view name, std::string_view value) {
  if (status_ >= 200 && status_ < 300) return;
  if (std::ranges::any_of(kCredentials, [name](std::string_view one) { return same_token(name, one); })) return;
  if (kept_.size() + name.size() + value.size() + 3 > kMostKept) return;
  kept_.append(name).append(": ").append(value).push_back('\n');
}

void AnswerHead::take_field(std::string_view name, std::string_view value) {
  keep(name, value);
  if (same_token(name, "retry-after")) retry_after_ = value.substr(0, kMaxRetryAfter);
  if (!same_token(name, "transfer-encoding")) return;
  for (std::size_t comma = 0; comma != value.npos; value.remove_prefix(comma == value.npos ? 0 : comma + 1)) {
    comma = value.find(',');
    chunked_ = chunked_ || same_token(trimmed(value.substr(0, comma)), "chunked");
  }
}

bool AnswerHead::begin(std::string_view line, bool http2) {
  begins_ = ended_ = chunked_ = false;
  retry_after_.clear();
  kept_.clear();
  status_ = status_of_line(line, http2);
  if (status_ == 0) fault_ = Fault::malformed;
  return status_ != 0;
}

}  // namespace certes::http
