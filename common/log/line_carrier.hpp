#pragma once
// LineCarrier: takes log lines from whichever gateway they come to, to all that have somebody who watches. It keeps
// nothing, promises nothing, and carries nothing while nobody watches. Kafka has one (log/kafka); with the embedded log
// there is one gateway, and none is needed.
// Who: gateway/stream. Threads: as each function says.

#include <functional>
#include <memory>

#include "common/log/record.hpp"

namespace certes::log {

class LineCarrier {
 public:
  // A line has come; on the carrier's own thread.
  using Take = std::function<void(RecordPtr)>;
  virtual ~LineCarrier() = default;
  // Begins; once. What comes while somebody watches here goes to `take`.
  virtual void start(Take take) = 0;
  // After it `take` is not called any more. Blocks for its thread.
  virtual void stop() = 0;
  // Whether somebody watches here. Any thread; does not block.
  virtual void watch(bool watched) = 0;
  // Whether somebody watches, here or at another gateway, as far as is known. Any thread, cheap.
  virtual bool wanted() const = 0;
  // False: too much is on its way, or the cluster is away: the line is let go. Any thread; does not block.
  virtual bool carry(const Record& record) = 0;
};

// What a Log also is where its engine has a carrier.
class LineSource {
 public:
  // The log's, made when it is first asked for; null: it cannot be made. Any thread.
  virtual LineCarrier* line_carrier() = 0;

 protected:
  ~LineSource() = default;
};

}  // namespace certes::log
