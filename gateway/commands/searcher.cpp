#include "gateway/commands/searcher.hpp"

#include <pthread.h>

namespace certes::gateway::commands {
namespace {

constexpr const char* kSearches = "certes_gateway_command_searches_total";
constexpr const char* kSearchesHelp = "Commands that were to be looked up on the log";

}  // namespace

Searcher::Searcher(log::Log& log, metrics::Metrics& metrics, const Options& options)
    : waiting_(metrics.gauge("certes_gateway_command_searches_waiting", "Commands that wait to be looked up")),
      searched_(metrics.counter(kSearches, kSearchesHelp, {{"outcome", "searched"}})),
      refused_(metrics.counter(kSearches, kSearchesHelp, {{"outcome", "refused"}})),
      finder_(log, options.limit, options.found_bytes, options.absent_bytes),
      questions_({options.max_waiting, options.max_waiting, options.threads}) {
  for (int i = 0; i < options.threads; ++i) {
    threads_.emplace_back([this] { run(); });
    ::pthread_setname_np(threads_.back().native_handle(), "certes-commands");
  }
}

Searcher::~Searcher() {
  questions_.close();
  for (std::thread& thread : threads_) thread.join();
}

void Searcher::search(http::Loop& loop, const std::string& tenant, std::string id, Done done) {
  Question question{&loop, tenant, std::move(id), std::move(done)};
  waiting_.add();
  const Error busy(Code::busy, "too many commands are being looked up (commands.max_searches)");
  for (Question& away : questions_.push(tenant, 1, std::move(question))) {
    waiting_.add(-1);
    refused_.add();
    answer(std::move(away), fail(busy));
  }
}

void Searcher::run() {
  while (auto turn = questions_.pop()) {
    waiting_.add(-1);
    searched_.add();
    auto found = finder_.find(turn->item.tenant, turn->item.id);
    answer(std::move(turn->item), std::move(found));
  }
}

void Searcher::answer(Question&& question, Result<FoundCommand>&& found) {
  // std::function copies: the answer is shared with the loop.
  const auto shared = std::make_shared<Result<FoundCommand>>(std::move(found));
  question.loop->post([done = std::move(question.done), shared] { done(std::move(*shared)); });
}

}  // namespace certes::gateway::commands
