#pragma once
// Tries: the requests of one attempt to an endpoint with several workers. One that cannot be reached, or breaks off
// before a status, costs the delivery nothing: another is tried at once, each of them once, and all together take no
// longer than an attempt may. Who: Attempts; a delivery has them from the first such request on. Plain values; confined
// to the core loop.

#include <cstdint>
#include <string>

#include "common/http/client/sender.hpp"
#include "dispatcher/endpoint/workers.hpp"

namespace certes::dispatcher {

// Whether who was to get the request has not taken it, as far as one can see, and another may.
bool may_go_elsewhere(const http::TransferResult& result);

class Tries {
 public:
  const Workers::Ids& tried() const { return tried_; }
  Millis spent() const { return Millis{static_cast<std::int64_t>(spent_us_ / 1'000)}; }

  // A request has ended so, and may go elsewhere.
  void failed(const Worker& worker, const http::TransferResult& result);
  // What the attempt comes to without another request: what says something of the endpoint before what does not.
  // Precondition: one has failed.
  http::TransferResult all_failed() const;
  // The same, where the last has ended in another way.
  http::TransferResult ended(http::TransferResult last) const;

 private:
  Workers::Ids tried_;
  http::TransferResult failure_;  // that counts
  std::string others_;            // what was wrong with them
  std::uint64_t spent_us_ = 0;
};

// The same result with the worker's name beside what was wrong; of the only one, and of a success, as it is.
http::TransferResult named(http::TransferResult result, const Worker& worker);

}  // namespace certes::dispatcher
