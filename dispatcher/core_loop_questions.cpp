// Questions to this process, from its own threads and from others' processes: how they get to the core.
#include "dispatcher/core_loop.hpp"

namespace certes::dispatcher {
namespace {

constexpr std::size_t kMostAsked = 64;  // questions that wait
constexpr double kAnswersASecond = 50;

}  // namespace

TokenBucket CoreLoop::answered_questions(SteadyTime now) { return {kAnswersASecond, kAnswersASecond, now}; }

void CoreLoop::ask(questions::Question question, questions::Answered answered) {
  if (asked_.fetch_add(1) < kMostAsked) return inbox_->post(Asked{std::move(question), std::move(answered)});
  asked_.fetch_sub(1);
  refused_.fetch_add(1);
}

// Anybody who may write to the topic `logs` may ask: the loop has other things to do.
void CoreLoop::on_mail(Asked& mail) {
  asked_.fetch_sub(1);
  const SteadyTime now = dependencies_.clock.now();
  if (!questions_.ready(now)) return void(refused_.fetch_add(1));
  questions_.take(now);
  auto answer = core_->answer(mail.question);
  meters_.asked(answer.has_value());
  if (answer) mail.answered(std::move(*answer));
}

}  // namespace certes::dispatcher
