#include "gateway/ingest/commands/searcher.hpp"

#include <pthread.h>

namespace certes::gateway::commands {
namespace {

constexpr const char* kSearches = "certes_gateway_command_searches_total";
constexpr const char* kSearchesHelp = "Commands that were to be looked up on the log";

}  // namespace

Searcher::Searcher(log::Log& log, metrics::Metrics& metrics, const Options& options)
    : max_waiting_(options.max_waiting),
      waiting_(metrics.gauge("certes_gateway_command_searches_waiting", "Commands that wait to be looked up")),
      searched_(metrics.counter(kSearches, kSearchesHelp, {{"outcome", "searched"}})),
      refused_(metrics.counter(kSearches, kSearchesHelp, {{"outcome", "refused"}})),
      finder_(log, options.limit, options.remembered_bytes) {
  for (int i = 0; i < options.threads; ++i) {
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
    if (questions_.size() >= max_waiting_) {
      refused_.add();
      return fail(Code::busy, "too many commands are being looked up (commands.max_searches)");
    }
    questions_.push_back({&loop, std::move(tenant), std::move(id), std::move(done)});
    waiting_.add();
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
    waiting_.add(-1);
    searched_.add();
    auto found = finder_.find(question.tenant, question.id);
    // std::function copies: the answer is shared with the loop.
    auto answer = std::make_shared<Result<FoundCommand>>(std::move(found));
    question.loop->post([done = std::move(question.done), answer] { done(std::move(*answer)); });
  }
}

}  // namespace certes::gateway::commands
