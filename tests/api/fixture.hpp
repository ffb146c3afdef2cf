#pragma once
// A Master API on a free port, over the in-memory log, and a client for it.

#include <doctest/doctest.h>
#include <httplib.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "api/api.hpp"
#include "api/bootstrap.hpp"
#include "common/config/running.hpp"
#include "tests/fakes/http_eventually.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::api::testing {

using Json = nlohmann::json;

struct Answer {
  int status = 0;
  Json json;
  std::string body;
  httplib::Headers headers;
  std::string header(const std::string& name) const {
    const auto it = headers.find(name);
    return it == headers.end() ? std::string() : it->second;
  }
};

// What several processes share.
struct Installation {
  std::shared_ptr<log::memory::Cluster> cluster = log::memory::make_cluster({});
  std::string sealing_key = crypto::Sealer::new_key();
  std::uint64_t processes = 0;
  // What a process sees of the log; none: the log itself.
  std::function<std::unique_ptr<log::Log>(std::unique_ptr<log::Log>)> wrap = {};
  std::function<std::optional<bool>(UnixMillis)> open_before = {};  // as gateway::Dependencies
  questions::Asker* asker = nullptr;                                // the same

  std::unique_ptr<log::Log> open() {
    auto log = log::memory::make(cluster, ++processes);
    return wrap ? wrap(std::move(log)) : std::move(log);
  }
};

class Process {
 public:
  explicit Process(Installation& installation, bool dev = true, const std::function<void(config::Settings&)>& set = {})
      : log_(installation.open()),
        sealer(std::move(*crypto::Sealer::make({installation.sealing_key}))),
        addresses_(std::move(*http::AddressPolicy::make({}))),
        registry((prepare(), *log_), clock) {
    settings.dev = dev;
    settings.api.listen = "127.0.0.1:0";
    if (set) set(settings);
    running_ = std::make_unique<config::Running>(
        config::Sources{}, config::Loaded{settings, {{"api.listen", "flag"}}}, [](config::Loaded&) {},
        [](const config::Settings&) {});
    api_ = std::make_unique<api::Api>(gateway::Dependencies{settings, *log_, registry, sealer, metrics_, clock,
                                                            addresses_, nullptr, installation.open_before,
                                                            installation.asker, running_.get()});
    REQUIRE(api_->start());
    REQUIRE(fakes::eventually([this] { return registry.caught_up(); }));
  }
  ~Process() { api_->stop(Millis(1'000)); }

  Answer request(const std::string& method, const std::string& path, const std::string& body = {},
                 httplib::Headers headers = {}) {
    httplib::Client client("http://" + api_->address());
    client.set_read_timeout(20);
    httplib::Request request;
    request.method = method;
    request.path = path.starts_with("/health") || path == "/metrics" ? path : "/api/v1" + path;
    request.body = body;
    request.headers = std::move(headers);
    if (!key.empty()) request.headers.emplace("Authorization", "Bearer " + key);
    if (!body.empty() && request.headers.count("Content-Type") == 0) {
      request.headers.emplace("Content-Type", "application/json");
    }
    const auto result = client.send(request);
    REQUIRE(result);
    Answer answer{result->status, Json::parse(result->body, nullptr, false), result->body, result->headers};
    return answer;
  }
  std::string address() const { return api_->address(); }
  Answer get(const std::string& path) { return request("GET", path); }
  Answer post(const std::string& path, const Json& body) { return request("POST", path, body.dump()); }
  // What the job that this asks for has come to.
  Json job(const std::string& path, const Json& body) {
    const auto made = post(path, body);
    REQUIRE_MESSAGE(made.status == 202, made.body);
    const std::string id = made.json["id"];
    Json job;
    REQUIRE(fakes::eventually([&] { return (job = get("/jobs/" + id).json)["state"] != "running"; }));
    return job;
  }
  Answer put(const std::string& path, const Json& body, httplib::Headers headers = {}) {
    return request("PUT", path, body.dump(), std::move(headers));
  }
  Answer patch(const std::string& path, const Json& body, httplib::Headers headers = {}) {
    return request("PATCH", path, body.dump(), std::move(headers));
  }

 private:
  void prepare() { REQUIRE(log_->prepare()); }

  std::unique_ptr<log::Log> log_;

 public:
  crypto::Sealer sealer;
  SystemClock clock;
  config::Settings settings;
  std::string key;  // sent with each request

 private:
  std::unique_ptr<config::Running> running_;
  metrics::Metrics metrics_;
  http::AddressPolicy addresses_;

 public:
  registry::Registry registry;

 private:
  std::unique_ptr<api::Api> api_;
};

}  // namespace certes::api::testing
