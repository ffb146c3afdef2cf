#pragma once
// Lines: the way of log lines from where they are posted to where they are watched: straight to the tail, or through
// the carrier where there are other gateways. Who: the gateway has one; stream intake posts. wanted and post: any
// thread, do not block. Destroyed before the tail.

#include "common/log/line_carrier.hpp"
#include "gateway/stream/tail.hpp"

namespace certes::gateway::stream {

class Lines {
 public:
  // `carrier` may be null; else it is started, and outlives this.
  Lines(Tail& tail, log::LineCarrier* carrier);
  ~Lines();
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  // Whether somebody watches log lines: else there is no use in making one.
  bool wanted() const { return carrier_ ? carrier_->wanted() : tail_.lines_watched(); }
  // `record`: as of an event, ce_type the key. False: it was let go, as too much is on its way.
  bool post(log::Record record);

 private:
  Tail& tail_;
  log::LineCarrier* const carrier_;
};

}  // namespace certes::gateway::stream
