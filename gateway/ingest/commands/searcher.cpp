#include "gateway/ingest/commands/searcher.hpp"

#include <pthread.h>

namespace certes::gateway::commands {
namespace {

constexpr std::size_t kMostWaiting = 1'024;
constexpr int kThreads = 2;

}  // namespace

Searcher::Searcher(log::Log& log, Millis limit) : finder_(log, limit) {
  for (int i = 0; i < kThreads; ++i) {
    threads_.emplace_back([this] { run(); });
    ::pthread_setname_np(threads_.back().native_handle(), "certes-commands");
  }
}

Searcher::~Searcher() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  asked_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

Result<void> Searcher::search(http::Loop& loop, std::string tenant, std::string id, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (questions_.size() >= kMostWaiting) return fail(Code::busy, "too many commands are being looked up");
    questions_.push_back({&loop, std::move(tenant), std::move(id), std::move(done)});
  }
  asked_.notify_one();
  return {};
}

void Searcher::run() {
  for (;;) {
    Question question;
    {
      std::unique_lock lock(mutex_);
      asked_.wait(lock, [&] { return stopping_ || !questions_.empty(); });
      if (stopping_) return;
      question = std::move(questions_.front());
      questions_.pop_front();
    }
    auto found = finder_.find(question.tenant, question.id);
    // std::function copies: the answer is shared with the loop.
    auto answer = std::make_shared<Result<FoundCommand>>(std::move(found));
    question.loop->post([done = std::move(question.done), answer] { done(std::move(*answer)); });
  }
}

}  // namespace certes::gateway::commands
