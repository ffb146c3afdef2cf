#pragma once
// A sender that may dial loopback, and waits for its completions.

#include <doctest/doctest.h>

#include <condition_variable>
#include <map>
#include <mutex>

#include "common/http/client/sender.hpp"

namespace certes::http {

class TestSender {
 public:
  explicit TestSender(SenderOptions options = {}, const std::vector<std::string>& allow = {"127.0.0.0/8", "::1/128"})
      : policy(AddressPolicy::make(allow).value()), sender(std::move(options), policy, [this] {
          const std::lock_guard lock(mutex_);
          woken_ = true;
          changed_.notify_all();
        }) {}

  void submit(std::uint64_t id, const std::string& url, const std::string& body = "hello",
              Millis timeout = Millis(10'000), std::vector<std::string> headers = {"content-type: application/json"},
              const std::string& tenant = "acme") {
    Transfer transfer;
    transfer.id = id;
    transfer.tenant = tenant;
    transfer.url = url;
    transfer.headers = std::move(headers);
    auto owner = std::make_shared<const std::string>(body);
    transfer.body = *owner;
    transfer.body_owner = std::move(owner);
    transfer.timeout = timeout;
    transfer.affinity = id;
    sender.submit(std::move(transfer));
  }
  // The same with TLS of its own.
  TransferResult one(const std::string& url, TransferTls tls) {
    Transfer transfer;
    transfer.id = 1;
    transfer.tenant = "acme";
    transfer.url = url;
    transfer.tls = std::make_shared<const TransferTls>(std::move(tls));
    sender.submit(std::move(transfer));
    return wait(1).at(1);
  }
  // Waits until so many have come since the last call, at most a minute.
  std::map<std::uint64_t, TransferResult> wait(std::size_t n) {
    std::map<std::uint64_t, TransferResult> results;
    std::vector<TransferResult> batch;
    for (;;) {
      sender.poll(batch);
      for (TransferResult& one : batch) results[one.id] = std::move(one);
      batch.clear();
      if (results.size() >= n) return results;
      std::unique_lock lock(mutex_);
      const bool in_time = changed_.wait_for(lock, std::chrono::seconds(60), [&] { return woken_; });
      woken_ = false;
      REQUIRE(in_time);
    }
  }
  TransferResult one(const std::string& url, const std::string& body = "hello", Millis timeout = Millis(10'000)) {
    submit(1, url, body, timeout);
    return wait(1).at(1);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;

 public:
  const AddressPolicy policy;
  Sender sender;
};

}  // namespace certes::http
