#include "common/http/server/rendering.hpp"

#include <array>
#include <cassert>
#include <charconv>

#include "common/http/characters.hpp"
#include "common/http/server/problem_types.hpp"

namespace certes::http {

namespace {

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 201: return "Created";
    case 202: return "Accepted";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 409: return "Conflict";
    case 412: return "Precondition Failed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 415: return "Unsupported Media Type";
    case 417: return "Expectation Failed";
    case 422: return "Unprocessable Content";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

// A header that would break the framing is left out: a handler's mistake must not become another response.
void append_field(std::string& out, std::string_view name, std::string_view value) {
  if (!is_token(name) || !is_field_value(value)) return;
  out.append(name).append(": ").append(value).append("\r\n");
}

bool own_field(std::string_view name) {
  return same_token(name, "content-length") || same_token(name, "connection") || same_token(name, "transfer-encoding");
}

void append_json(std::string& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (u < 0x20) {
      out.append("\\u00");
      out.push_back(hex[u >> 4]);
      out.push_back(hex[u & 15]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

// How many bytes the UTF-8 sequence at the front has; 0 if it is none (overlong, surrogate, cut).
std::size_t sequence_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xc0) != 0x80) return 0;
  if ((lead == 0xe0 && at(1) < 0xa0) || (lead == 0xed && at(1) > 0x9f)) return 0;
  if ((lead == 0xf0 && at(1) < 0x90) || (lead == 0xf4 && at(1) > 0x8f)) return 0;
  return length;
}

// Details quote what a client sent, which may be anything: bytes that are no UTF-8 become U+FFFD.
std::string valid_utf8(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    out.append(length > 0 ? text.substr(0, length) : std::string_view("\xef\xbf\xbd"));
    text.remove_prefix(length > 0 ? length : 1);
  }
  return out;
}

}  // namespace

bool status_has_body(int status) { return status >= 200 && status != 204 && status != 304; }

void render_header(std::string& out, const Response& response, const Rendering& how) {
  out.append("HTTP/1.1 ");
  append_number(out, static_cast<std::size_t>(response.status));
  out.push_back(' ');
  out.append(reason(response.status)).append("\r\n");
  if (!how.date.empty()) out.append("Date: ").append(how.date).append("\r\n");
  if (!response.content_type.empty()) append_field(out, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers)
    if (!own_field(name)) append_field(out, name, value);
  if (how.body_end == BodyEnd::chunks) out.append("Transfer-Encoding: chunked\r\n");
  if (how.body_end == BodyEnd::length && status_has_body(response.status)) {
    out.append("Content-Length: ");
    append_number(out, response.body.size());
    out.append("\r\n");
  }
  if (!how.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (how.say_keep_alive) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
}

std::string http_date(std::time_t at) {
  constexpr std::array<const char*, 7> days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                               "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm t{};
  ::gmtime_r(&at, &t);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                days[static_cast<std::size_t>(t.tm_wday)], t.tm_mday, months[static_cast<std::size_t>(t.tm_mon)],
                t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
  return text.data();
}

Response problem(int status, std::string_view slug, std::string_view title, std::string_view detail,
                 std::string_view pointer) {
  assert(find_problem_type(slug) != nullptr);  // it has a page
  Response response;
  response.status = status;
  response.content_type = "application/problem+json";
  std::string& body = response.body;
  body.reserve(128 + slug.size() + title.size() + detail.size() + pointer.size());
  body.append(R"({"type":"/problems/)").append(slug).append(R"(","title":)");
  append_json(body, valid_utf8(title));
  body.append(R"(,"status":)");
  append_number(body, static_cast<std::size_t>(status));
  body.append(R"(,"detail":)");
  append_json(body, valid_utf8(detail));
  if (!pointer.empty()) {
    body.append(R"(,"pointer":)");
    append_json(body, valid_utf8(pointer));
  }
  body.push_back('}');
  return response;
}

void add_faults(Response& problem, const std::vector<Fault>& faults) {
  std::string& body = problem.body;
  body.pop_back();
  body.append(R"(,"errors":[)");
  for (const Fault& fault : faults) {
    if (&fault != &faults.front()) body.push_back(',');
    body.append(R"({"pointer":)");
    append_json(body, valid_utf8(fault.pointer));
    body.append(R"(,"detail":)");
    append_json(body, valid_utf8(fault.detail));
    body.push_back('}');
  }
  body.append("]}");
}

Response problem_of(const Refusal& refusal, const FramingLimits& limits) {
  std::string detail(refusal.detail);
  if (refusal.limit != nullptr)
    detail.append(": at most ").append(std::to_string(limits.*refusal.limit)).append(refusal.unit).append(".");
  Response response = problem(refusal.status, refusal.slug, refusal.title, detail);
  response.close = true;
  return response;
}

}  // namespace certes::http
