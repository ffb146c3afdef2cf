#pragma once
// Attempts: makes the request of a delivery whose turn it is, and judges its answer. Of an endpoint with several
// workers it is made to another at once where one is not reached, each of them once an attempt. Who: core. Confined to
// the core loop.

#include <cstdint>
#include <string_view>

#include "common/base/random.hpp"
#include "dispatcher/core_options.hpp"
#include "dispatcher/endpoint/endpoints.hpp"
#include "dispatcher/outcome/recorder.hpp"
#include "dispatcher/routing/routes.hpp"
#include "dispatcher/sending/resigner.hpp"
#include "dispatcher/sending/tokens.hpp"

namespace certes::dispatcher {

// What attempts are made with. All, and their options, outlive them.
struct AttemptParts {
  Book& book;
  Endpoints& endpoints;
  Recorder& recorder;
  Routes& routes;
  Outcomes& outcomes;
  Transfers& transfers;
  Registrar& registrar;
  Observer& observer;
  const crypto::Sealer& sealer;
  const Clock& clock;
};

class Attempts {
 public:
  Attempts(const CoreOptions& options, const AttemptParts& parts);

  // Precondition: it was given by Book::next, with that slot.
  void start(Delivery& delivery, Slot&& slot);
  void on_result(const http::TransferResult& result);
  // What waits for a worker, where one has room now; a round.
  void step();
  // Breaks off what is out, and what waits for a worker: it is sent again, by this process or another.
  void abort(Delivery& delivery);

 private:
  // Nothing: it is still matched. Else why its filter makes it a dead letter, or empty: no subscription matches it.
  std::optional<std::string> not_matched(Delivery& delivery);
  std::optional<std::string> against_it_now(Delivery& delivery);
  void follow_directed(Delivery& delivery);
  bool has_token(Delivery& delivery);
  bool wants_another_token(const Delivery& delivery, const http::TransferResult& result);
  std::optional<transform::Transformed> transformed(const Delivery& delivery);
  void submit(Delivery& delivery);
  void submit(Delivery& delivery, const transform::Made* made);
  void came_back(Delivery& delivery, const http::TransferResult& result);
  void broken_off(Delivery& delivery);
  void failed_to_reach(Delivery& delivery, const http::TransferResult& result);
  void go_on(Delivery& delivery);
  bool may_go_on(const Delivery& delivery, const Tries& tries) const;
  void settle(Delivery& delivery, const http::TransferResult& result);
  void note_probe(const Delivery& delivery, const http::TransferResult& result);
  void give_back(Delivery& delivery, Millis retry_in);
  void wait_again(Delivery& delivery, Millis retry_in);
  void ended(Delivery& delivery, const http::TransferResult& result);
  void record(Delivery& delivery, const http::TransferResult& result, Judged judged);
  void failed(Delivery& delivery, const http::TransferResult& result, std::string_view rule);
  void answered(Delivery& delivery, const http::TransferResult& result);
  void await_result(Delivery& delivery, const http::TransferResult& result);
  void disable(Endpoint& endpoint, std::string_view reason);

  const CoreOptions& options_;
  const AttemptParts parts_;
  const Resigner resigner_;
  Tokens tokens_;
  Random random_;
};

}  // namespace certes::dispatcher
