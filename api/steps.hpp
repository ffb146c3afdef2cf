#pragma once
// LongSteps: a lengthy request in steps of a tenth of a second, or of one thing where that takes longer: after each,
// its thread is for whoever's turn it is (base/fair_queue.hpp), so that nobody waits for the end of others' long work.
// Who: bulk, the dead-letter routes. Each step on one of the listener's workers; may block.

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/http/server/server.hpp"

namespace certes::api {

class LongSteps : public http::Steps {
 public:
  static constexpr Millis kStep{100};

  std::optional<http::Response> step() final;

 protected:
  // On until there is an answer, or until about then: nothing.
  virtual Result<std::optional<http::Response>> go_on(SteadyTime until) = 0;
};

}  // namespace certes::api
