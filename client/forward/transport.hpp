#pragma once
// Transport: the pipeline's way to the gateway; tests put their own in its place. Who: Pipeline, on its thread; what it
// wakes it with may be called from any.

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/forward/answer.hpp"
#include "common/base/result.hpp"

namespace certes::client {

struct Post {
  std::uint64_t id = 0;
  std::string path;
  std::vector<std::string> headers;
  std::shared_ptr<const std::string> body;
};

class Transport {
 public:
  virtual ~Transport() = default;
  virtual void post(Post&& post) = 0;
  // What has been answered since, in any order. Each post is answered once.
  virtual void poll(std::vector<Answer>& out) = 0;
};

using MakeTransport = std::function<std::unique_ptr<Transport>(std::function<void()> wake)>;

struct HttpTransportOptions {
  std::string url = "http://127.0.0.1:9600";  // of the gateway
  std::string key;                            // may be empty
  std::string ca_file;                        // empty: the system's
  Millis timeout{30'000};                     // of a request
  std::size_t connections = 4;
};

// Over libcurl, with keep-alive, on a thread of its own. Error: invalid (the URL).
Result<MakeTransport> http_transport(HttpTransportOptions options, const Clock& clock);

}  // namespace certes::client
