#pragma once
// Sweep: looks through what waits for an endpoint that was disabled, purged or deleted, and has end what must, a
// bounded part a round. Who: the book says when something waits that is to end, Endpoints when an endpoint has changed.
// Confined to the core loop.

#include <cstddef>
#include <functional>
#include <vector>

#include "dispatcher/endpoint/endpoint.hpp"

namespace certes::dispatcher {

class Sweep {
 public:
  // From its first waiting delivery on, anew where that has begun.
  void begin(Endpoint& endpoint);
  // One round. `end` is given deliveries that are to end, and takes them from where they wait; `more`: whether it may
  // be given another one now.
  void run(const std::function<void(Delivery&)>& end, const std::function<bool()>& more);
  bool running() const { return !endpoints_.empty(); }

 private:
  struct Left {
    std::size_t endings, looks;
  };
  void look(Endpoint& endpoint, Left& left, const std::function<void(Delivery&)>& end,
            const std::function<bool()>& more);

  std::vector<Endpoint*> endpoints_;
};

}  // namespace certes::dispatcher
