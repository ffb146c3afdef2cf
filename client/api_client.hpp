#pragma once
// ApiClient: the Master API as a caller sees it: paths below /api/v1, a key, problem details as errors. Who: the
// operator's commands. Blocks; one object belongs to one thread. JSON goes in and out as text.

#include <string>
#include <string_view>

#include "client/http_client.hpp"
#include "common/base/result.hpp"

namespace certes::client {

class ApiClient {
 public:
  // `url`: of the listener, "http://127.0.0.1:9610"; `key` may be empty (--dev); `tenant`: whose resources it is about,
  // empty: the key's.
  ApiClient(std::string url, std::string key, std::string tenant = {});

  // `path` is below /api/v1 and encoded: "/sources/github". What is not 2xx is an error with the problem's detail and
  // pointer; codes: invalid 400 413 415 422, unauthenticated 401, forbidden 403, not_found 404, conflict 409 412,
  // busy 429, unavailable 503 or no connection, timeout, unknown_outcome (503 of that type), internal.
  Result<HttpAnswer> request(const std::string& method, const std::string& path, const std::string& json = "");
  Result<std::string> get(const std::string& path);
  // The same; `stop` ends it within about a second.
  Result<std::string> get(const std::string& path, const std::atomic<bool>& stop);
  // All pages of a list as one JSON array; at most `limit` items (0: all). `path` may have a query.
  Result<std::string> list(const std::string& path, std::size_t limit = 0);

  // Authorities for https; empty: the system's.
  void trust(std::string ca_file) { ca_file_ = std::move(ca_file); }

  const std::string& url() const { return url_; }

 private:
  HttpRequest request_to(const std::string& method, const std::string& path) const;

  std::string url_;
  std::string key_;
  std::string tenant_;
  std::string ca_file_;
  HttpClient http_;
};

// The error in an answer that is not 2xx: shared with callers of the gateway.
Error error_of(const HttpAnswer& answer);
// "Authorization: Bearer …" unless the key is empty.
void add_key(HttpRequest& request, const std::string& key);

}  // namespace certes::client
