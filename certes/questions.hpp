#pragma once
// Questions: the way of questions and answers between the Master API and the dispatchers and gateways of an
// installation. Those of this process are asked by a call; on Kafka all others are, by the topic `logs`. Who: Runtime.
// Threads: made, stopped and destroyed by the main thread; asker() is any thread's.

#include <memory>
#include <string>

#include "common/log/log.hpp"
#include "common/log/question_carrier.hpp"
#include "common/questions/asker.hpp"
#include "dispatcher/dispatcher.hpp"
#include "gateway/gateway.hpp"

namespace certes {

class Questions {
 public:
  // `dispatcher`, `gateway`: this process's; may be null. All outlive it; these two only until stop().
  Questions(log::Log& log, const Clock& clock, dispatcher::Dispatcher* dispatcher, gateway::Gateway* gateway);
  ~Questions() { stop(); }
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  // Nothing is asked and answered any more. After the dispatcher has stopped, before it is destroyed. Blocks for the
  // carrier's thread.
  void stop();
  questions::Asker& asker() { return asker_; }

 private:
  questions::Asker::Ways ways();
  void take(const log::RecordPtr& record);
  void ask_here(questions::Question question, questions::Answered answered);
  void answer_elsewhere(questions::Question&& question);
  void say_overview(questions::Question question, questions::Answered answered);
  std::string overview_with(std::string_view part, std::string_view other) const;

  const log::Log& log_;
  dispatcher::Dispatcher* const dispatcher_;
  gateway::Gateway* const gateway_;
  std::unique_ptr<log::QuestionCarrier> carrier_;  // none: there is one process
  questions::Asker asker_;
};

}  // namespace certes
