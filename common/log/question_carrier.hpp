#pragma once
// QuestionCarrier: takes what is asked and answered from one process of an installation to all, this one included. It
// knows nothing of what it carries, keeps nothing and promises nothing. Kafka has one (log/kafka); with the embedded
// log there is one process, and none is needed. Who: certes, between the Master API and the dispatchers. Threads: as
// each function says.

#include <functional>
#include <memory>

#include "common/log/record.hpp"

namespace certes::log {

class QuestionCarrier {
 public:
  // Something has come, by whomever: on the carrier's own thread.
  using Take = std::function<void(const RecordPtr&)>;
  virtual ~QuestionCarrier() = default;  // as stop()
  // Begins with what comes from now on; once.
  virtual void start(Take take) = 0;
  // After it `take` is not called any more. Blocks for its thread.
  virtual void stop() = 0;
  // False: too much is on its way, or the cluster is away: it is let go. Any thread; does not block.
  virtual bool carry(const Record& record) = 0;
};

// What a Log also is where its engine has such carriers.
class QuestionSource {
 public:
  // Null: it cannot be made. Any thread.
  virtual std::unique_ptr<QuestionCarrier> question_carrier() = 0;

 protected:
  ~QuestionSource() = default;
};

}  // namespace certes::log
