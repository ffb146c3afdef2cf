#include "common/http/httplib_router.hpp"

#include <httplib.h>

#include <charconv>
#include <cstring>
#include <regex>

#include "common/http/framing.hpp"

namespace certes::http {

namespace {

// The request being run on this thread, for the handler that cpp-httplib calls.
thread_local const Request* current_request = nullptr;
thread_local bool handler_called = false;

// A request as bytes to read, and a buffer to write the answer to.
class MemoryStream final : public httplib::Stream {
 public:
  explicit MemoryStream(std::string input) : input_(std::move(input)) {}
  bool is_readable() const override { return true; }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, std::size_t size) override {
    const std::size_t n = std::min(size, input_.size() - read_);
    std::memcpy(to, input_.data() + read_, n);
    read_ += n;
    return static_cast<ssize_t>(n);
  }
  ssize_t write(const char* from, std::size_t size) override {
    output.append(from, size);
    return static_cast<ssize_t>(size);
  }
  using httplib::Stream::write;
  void get_remote_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  void get_local_ip_and_port(std::string& ip, int& port) const override { ip.clear(), port = 0; }
  socket_t socket() const override { return INVALID_SOCKET; }
  time_t duration() const { return 0; }  // a pure virtual of later versions

  std::string output;

 private:
  std::string input_;
  std::size_t read_ = 0;
};

// A pattern as the regular expression that cpp-httplib routes by: `{name}` is one segment.
std::string regex_of(const std::string& pattern) {
  std::string regex;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const std::size_t end = pattern[i] == '{' ? pattern.find('}', i) : std::string::npos;
    if (end != std::string::npos) {
      regex += "[^/]+";
      i = end;
    } else {
      if (std::strchr(".^$|()[]{}*+?\\", pattern[i])) regex += '\\';
      regex += pattern[i];
    }
  }
  return regex;
}

// Headers that would make cpp-httplib take or send something else than what was framed.
bool withheld(const HeaderView& header) {
  constexpr std::string_view names[] = {
      "content-length", "transfer-encoding", "content-encoding", "connection", "expect",
      "range",          "if-range",          "upgrade"};
  constexpr std::size_t max_line = 8'000;  // cpp-httplib's limit is 8,192
  if (header.name.size() + header.value.size() > max_line) return true;
  for (const std::string_view name : names)
    if (same_token(header.name, name)) return true;
  // Forms above 8 KiB would be refused, others parsed; handlers read the body themselves.
  return same_token(header.name, "content-type") && (header.value.find("form") != std::string_view::npos);
}

// Escaped once more, as cpp-httplib decodes: an encoded slash must not become a segment of its own.
std::string render(const Request& request) {
  std::string text;
  text.reserve(256 + request.body.size());
  // A HEAD's answer is that of GET; the connection leaves its body out, and knows its length.
  text.append(request.method == "HEAD" ? std::string_view("GET") : request.method).push_back(' ');
  for (const char c : request.path) text.append(c == '%' ? std::string_view("%25") : std::string_view(&c, 1));
  text.append(" HTTP/1.1\r\n");
  for (const HeaderView& h : request.headers)
    if (!withheld(h)) text.append(h.name).append(": ").append(h.value).append("\r\n");
  if (!request.body.empty()) text.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  return text.append("\r\n").append(request.body);
}

// What is kept back of an answer: the connection is not cpp-httplib's.
bool dropped(std::string_view name) {
  return same_token(name, "keep-alive") || same_token(name, "connection") || same_token(name, "content-length") ||
         same_token(name, "exception_what") || same_token(name, "accept-ranges");
}

Response failed() { return problem(500, "internal", "Internal error", "The request could not be completed."); }

// cpp-httplib itself refused what the framing let through.
Response refused(int status) {
  if (status < 400 || status >= 500) return failed();
  return problem(status, "malformed-request", "Malformed request", "The request could not be understood.");
}

Response parse(std::string_view answer) {
  Response response;
  const std::size_t end = answer.find("\r\n\r\n");
  if (end == std::string_view::npos || answer.size() < 12) return failed();
  std::from_chars(answer.data() + 9, answer.data() + 12, response.status);
  response.body = answer.substr(end + 4);
  std::string_view head = answer.substr(0, end + 2);
  head.remove_prefix(head.find("\r\n") + 2);
  while (!head.empty()) {
    const std::size_t stop = head.find("\r\n");
    const std::string_view line = head.substr(0, stop);
    head.remove_prefix(stop + 2);
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos || dropped(line.substr(0, colon))) continue;
    if (same_token(line.substr(0, colon), "content-type")) {
      response.content_type = line.substr(colon + 2);
    } else {
      response.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  return response;
}

}  // namespace

class HttplibRouter::Impl : public httplib::Server {
 public:
  explicit Impl(const RouteTable& routes) {
    for (const Route* route : routes.by_specificity())
      if (route->pooled) add(*route);
  }

  Response run(const Request& request) {
    MemoryStream stream(render(request));
    current_request = &request;
    handler_called = false;
    invoke(&Impl::process_request, stream);
    current_request = nullptr;
    Response response = parse(stream.output);
    return handler_called ? std::move(response) : refused(response.status);
  }

 private:
  using Setup = std::function<void(httplib::Request&)>;

  // 0.11
  bool invoke(bool (httplib::Server::*process)(httplib::Stream&, bool, bool&, const Setup&), MemoryStream& stream) {
    bool closed = false;
    return (this->*process)(stream, true, closed, Setup{});
  }
  // 0.18
  bool invoke(bool (httplib::Server::*process)(httplib::Stream&, const std::string&, int, const std::string&, int, bool,
                                               bool&, const Setup&),
              MemoryStream& stream) {
    bool closed = false;
    return (this->*process)(stream, std::string(), 0, std::string(), 0, true, closed, Setup{});
  }

  static void answer(const PooledHandler& handler, httplib::Response& out) {
    Response response;
    handler_called = true;
    try {
      response = handler(*current_request);
    } catch (...) {  // the edge of the adapter: whatever it was, its text stays inside
      response = failed();
    }
    out.status = response.status;
    for (const auto& [name, value] : response.headers) out.set_header(name, value);
    if (response.content_type.empty() && response.body.empty()) return;
    // Newer versions take it by value.  NOLINTNEXTLINE(performance-move-const-arg)
    out.set_content(std::move(response.body), response.content_type);
  }

  void add(const Route& route) {
    const std::string regex = regex_of(route.pattern);
    const auto handler = [pooled = route.pooled](const httplib::Request&, httplib::Response& out) {
      answer(pooled, out);
    };
    if (route.method == "GET") Get(regex, handler);
    if (route.method == "POST") Post(regex, handler);
    if (route.method == "PUT") Put(regex, handler);
    if (route.method == "PATCH") Patch(regex, handler);
    if (route.method == "DELETE") Delete(regex, handler);
    if (route.method == "OPTIONS") Options(regex, handler);
  }
};

HttplibRouter::HttplibRouter(const RouteTable& routes) : impl_(std::make_unique<Impl>(routes)) {}
HttplibRouter::~HttplibRouter() = default;
Response HttplibRouter::run(const Request& request) { return impl_->run(request); }

}  // namespace certes::http
