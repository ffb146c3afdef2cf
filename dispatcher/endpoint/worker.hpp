#pragma once
// Worker: one of an endpoint's URLs, or one of the addresses that its name has, with what is known of who answers
// there: how many requests are out to it, whether it works, how many at once it takes. Seat: one of the requests that
// are out to it; it is over when it is destroyed. A worker that the endpoint has no more lives until its last seat is
// over. Who: Workers; a delivery holds its request's seat. Plain values; confined to the core loop.

#include <cstdint>
#include <string>
#include <utility>

#include "common/http/client/resolver.hpp"
#include "dispatcher/endpoint/breaker.hpp"
#include "dispatcher/endpoint/pace.hpp"

namespace certes::dispatcher {

struct Worker {
  std::uint32_t id = 0;   // never another's, of the same endpoint
  std::string url;        // empty: it stands in the record
  std::size_t place = 0;  // of its URL, among the endpoint's
  std::string address;    // of the URL's name; empty: it is the URL's only one
  std::string name;       // "worker 2 at http://b:8080 (10.0.0.3)"; empty: it is the only one
  Breaker breaker;
  Pace pace;
  int in_flight = 0;           // seats
  http::ResolutionPtr learnt;  // that its URL's addresses are from; null: none
  bool left = false;           // the endpoint has it no more

  // Requests at once, at the moment; of one that does nothing but fail none, or the probe. `most`: by the endpoint.
  int limit(int most) const {
    if (breaker.closed()) return pace.of(most);
    return breaker.probing() ? 1 : 0;
  }
  bool has_room(int most) const { return in_flight < limit(most); }
};

class Seat {
 public:
  Seat() = default;  // none
  explicit Seat(Worker& worker) : worker_(&worker) { ++worker.in_flight; }
  Seat(Seat&& other) noexcept : worker_(std::exchange(other.worker_, nullptr)) {}
  Seat& operator=(Seat&& other) noexcept {
    Seat taken(std::move(other));
    std::swap(worker_, taken.worker_);
    return *this;
  }
  ~Seat() {
    if (worker_ != nullptr && --worker_->in_flight == 0 && worker_->left) delete worker_;
  }
  explicit operator bool() const { return worker_ != nullptr; }
  Worker& worker() const { return *worker_; }  // precondition: there is one

 private:
  Worker* worker_ = nullptr;
};

}  // namespace certes::dispatcher
