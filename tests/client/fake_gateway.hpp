#pragma once
// FakeGateway: a Transport that keeps what it was sent and answers as it is told, from the pipeline's thread. Any
// thread may look.

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "client/forward/transport.hpp"

namespace certes::test {

class FakeGateway {
 public:
  using Behaviour = std::function<client::Answer(const client::Post&)>;  // its id is set

  explicit FakeGateway(Behaviour behaviour) : behaviour_(std::move(behaviour)) {}

  client::MakeTransport maker() {
    return [this](std::function<void()> wake) -> std::unique_ptr<client::Transport> {
      return std::make_unique<Way>(*this, std::move(wake));
    };
  }
  void behave(Behaviour behaviour) {
    const std::lock_guard lock(mutex_);
    behaviour_ = std::move(behaviour);
  }
  std::vector<std::string> bodies() const {
    const std::lock_guard lock(mutex_);
    return bodies_;
  }
  // Until so many requests came; false: not within ten seconds.
  bool wait_for(std::size_t requests) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, std::chrono::seconds{10}, [&] { return bodies_.size() >= requests; });
  }

 private:
  class Way final : public client::Transport {
   public:
    Way(FakeGateway& gateway, std::function<void()> wake) : gateway_(gateway), wake_(std::move(wake)) {}
    void post(client::Post&& post) override {
      {
        const std::lock_guard lock(gateway_.mutex_);
        gateway_.bodies_.push_back(*post.body);
        client::Answer answer = gateway_.behaviour_(post);
        answer.id = post.id;
        answers_.push_back(std::move(answer));
        gateway_.came_.notify_all();
      }
      wake_();
    }
    void poll(std::vector<client::Answer>& out) override {
      std::move(answers_.begin(), answers_.end(), std::back_inserter(out));
      answers_.clear();
    }

   private:
    FakeGateway& gateway_;
    const std::function<void()> wake_;
    std::vector<client::Answer> answers_;
  };

  mutable std::mutex mutex_;
  std::condition_variable came_;
  Behaviour behaviour_;              // guarded by mutex_
  std::vector<std::string> bodies_;  // guarded by mutex_
};

inline FakeGateway::Behaviour answering(int status, std::string body = "") {
  return [status, body](const client::Post&) {
    client::Answer answer;
    answer.status = status;
    answer.error = status == 0 ? "nobody is there" : "";
    answer.body = body;
    return answer;
  };
}

}  // namespace certes::test
