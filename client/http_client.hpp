#pragma once
// HttpClient: one HTTP request at a time over libcurl, with keep-alive. Who: the operator's commands, ApiClient.
// Not for event loops (it blocks); one object belongs to one thread.

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"

namespace certes::client {

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers = {};  // "name: value"
  std::string body = {};
  Millis timeout{30'000};
  std::string ca_file = {};  // authorities for https; empty: the system's
};

struct HttpAnswer {
  int status = 0;
  std::string content_type;
  std::string body;  // at most 64 MiB
};

class HttpClient {
 public:
  HttpClient();
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;
  HttpClient& operator=(HttpClient&&) noexcept;

  // Any status is an answer. Redirects are not followed. Errors: invalid (URL), unavailable (no connection), timeout.
  Result<HttpAnswer> send(const HttpRequest& request);
  // What comes of a 2xx, with its status and content type.
  using Take = std::function<bool(const HttpAnswer& head, std::string_view part)>;
  // The same for an answer that goes on: the body of a 2xx goes to `take` as it comes, which says false to end it.
  // `stop` ends it too, within about a second. The request's timeout is that of connecting, and of hearing nothing.
  Result<HttpAnswer> receive(const HttpRequest& request, const Take& take, const std::atomic<bool>& stop);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// One segment of a path, or a value in a query, percent-encoded.
std::string percent_encode(std::string_view text);

}  // namespace certes::client
