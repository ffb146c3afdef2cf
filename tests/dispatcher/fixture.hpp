#pragma once
// A dispatcher over an in-memory log, with real registry, sender and receiver on loopback.

#include <doctest/doctest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "common/event/event.hpp"
#include "common/http/server/server.hpp"
#include "common/log/names.hpp"
#include "common/registry/proposal.hpp"
#include "common/registry/registry.hpp"
#include "dispatcher/dispatcher.hpp"
#include "tests/fakes/memory_log/memory_log.hpp"

namespace certes::tests {

inline constexpr Millis kLong{20'000};

struct Received {
  std::string path, body;
  std::map<std::string, std::string> headers;  // names in lower case
};

// Keeps what it is sent, and answers what the test says.
class Receiver {
 public:
  // How to answer the n-th request (from 0).
  using Answer = std::function<http::Response(const Received&, std::size_t)>;
  explicit Receiver(Answer answer) : answer_(std::move(answer)), server_(http::ServerOptions{}) {
    server_.direct("POST", "/{endpoint}", [this](http::Loop&) {
      return [this](const http::Request& request, http::Exchange exchange) { take(request, std::move(exchange)); };
    });
    const auto started = server_.start();
    REQUIRE(started);
  }
  ~Receiver() { server_.stop(Millis{0}); }

  std::string url(const std::string& name) const { return "http://" + server_.address() + "/" + name; }
  // Waits until there are that many.
  std::vector<Received> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, kLong, [&] { return received_.size() >= count; });
    return received_;
  }

 private:
  void take(const http::Request& request, http::Exchange exchange) {
    Received one{std::string(request.path), std::string(request.body), {}};
    for (const auto& header : request.headers) {
      std::string name(header.name);
      for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      one.headers[name] = header.value;
    }
    std::size_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      number = received_.size();
      received_.push_back(one);
    }
    exchange.respond(answer_(one, number));
    arrived_.notify_all();
  }

  Answer answer_;
  http::Server server_;
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Received> received_;
};

inline http::Response status(int code) {
  http::Response response;
  response.status = code;
  return response;
}

// Log, registry and settings of one installation; dispatchers come and go.
class Installation {
 public:
  explicit Installation(const log::memory::Options& options = {})
      : cluster_(log::memory::make_cluster(options)),
        log_(make_log()),
        registry_(std::make_unique<registry::Registry>(*log_, clock_)),
        sealer_(*crypto::Sealer::make({crypto::Sealer::new_key()})),
        addresses_(*http::AddressPolicy::make({"127.0.0.0/8"})) {
    settings_.dispatcher.listen = "127.0.0.1:0";
  }

  template <class T>
  void put(const T& resource) {
    const auto decision = registry_->propose(registry::change_to(resource), kLong);
    REQUIRE_MESSAGE(decision.has_value(), decision.error().message);
  }
  void endpoint(const std::string& id, const std::string& url, const std::string& policy = {}) {
    registry::Endpoint made;
    made.id = id;
    made.url = url;
    made.backoff_policy = policy;
    secret_ = crypto::StandardWebhooks::new_secret();
    made.secrets.push_back({sealer_.seal(secret_, "default/endpoints/" + id), 0});
    put(made);
  }
  void subscription(const std::string& id, const std::string& endpoint, const std::string& pattern) {
    registry::Subscription made;
    made.id = id;
    made.endpoint = endpoint;
    made.pattern = pattern;
    put(made);
  }
  void policy(const std::string& id, double seconds, std::uint32_t max_attempts) {
    registry::BackoffPolicy made;
    made.id = id;
    made.strategy = registry::BackoffPolicy::Strategy::constant;
    made.base_seconds = seconds;
    made.jitter = registry::BackoffPolicy::Jitter::none;
    made.max_attempts = max_attempts;
    put(made);
  }
  void publish(const std::string& id, const std::string& type, const std::string& data = "{}") {
    event::Event made;
    made.id = id;
    made.client_id = id;
    made.source = "urn:certes:default";
    made.type = type;
    made.conversation_id = id;
    made.data_content_type = "application/json";
    made.data = data;
    cluster_->put(log::Topic::events, 0, event::to_record(std::move(made)));
  }
  void start() {
    dispatcher_ = std::make_unique<dispatcher::Dispatcher>(
        dispatcher::Dependencies{settings_, *log_, *registry_, sealer_, metrics_, clock_, addresses_,
                                 [this](std::string_view line) {
                                   const std::lock_guard lock(mutex_);
                                   trace_.emplace_back(line);
                                 },
                                 [](const Error& error) { FAIL(error.message); }});
    const auto started = dispatcher_->start();
    REQUIRE(started);
  }
  void stop() {
    dispatcher_->stop(kLong);
    dispatcher_.reset();
  }
  std::vector<std::string> trace() {
    const std::lock_guard lock(mutex_);
    return trace_;
  }
  log::memory::Cluster& cluster() { return *cluster_; }
  // Of another process.
  std::unique_ptr<log::Log> another_log() { return log::memory::make(cluster_, 2); }
  registry::Registry& registry() { return *registry_; }
  dispatcher::Dispatcher& dispatcher() { return *dispatcher_; }
  const std::string& secret() const { return secret_; }  // of the last endpoint
  std::string metrics() const { return metrics_.text(); }

 private:
  std::unique_ptr<log::Log> make_log() const {
    auto made = log::memory::make(cluster_);
    REQUIRE(made->prepare());
    return made;
  }

  SystemClock clock_;
  config::Settings settings_;
  metrics::Metrics metrics_;
  std::shared_ptr<log::memory::Cluster> cluster_;
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<registry::Registry> registry_;
  crypto::Sealer sealer_;
  http::AddressPolicy addresses_;
  std::string secret_;
  std::mutex mutex_;
  std::vector<std::string> trace_;
  std::unique_ptr<dispatcher::Dispatcher> dispatcher_;
};

}  // namespace certes::tests
