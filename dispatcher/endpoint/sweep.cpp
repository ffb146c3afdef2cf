#include "dispatcher/endpoint/sweep.hpp"

#include <utility>

namespace certes::dispatcher {
namespace {
constexpr std::size_t kEndedPerRound = 256;
constexpr std::size_t kLooksPerRound = 4'096;
}  // namespace

void Sweep::begin(Endpoint& endpoint) {
  endpoint.to_inspect = endpoint.deliveries;
  if (std::exchange(endpoint.sweeping, true)) return;
  endpoints_.push_back(&endpoint);
}

void Sweep::run(const std::function<void(Delivery&)>& end, const std::function<bool()>& more) {
  Left left{kEndedPerRound, kLooksPerRound};
  std::vector<Endpoint*> again;
  const auto batch = std::exchange(endpoints_, {});
  for (Endpoint* endpoint : batch) {
    look(*endpoint, left, end, more);
    endpoint->sweeping = endpoint->to_inspect > 0 && !endpoint->waiting.empty();
    if (endpoint->sweeping) again.push_back(endpoint);
  }
  endpoints_.insert(endpoints_.end(), again.begin(), again.end());
}

void Sweep::look(Endpoint& endpoint, Left& left, const std::function<void(Delivery&)>& end,
                 const std::function<bool()>& more) {
  for (; left.looks > 0 && endpoint.to_inspect > 0 && !endpoint.waiting.empty(); --left.looks, --endpoint.to_inspect) {
    Delivery& delivery = *endpoint.waiting.front();
    if (doomed(delivery)) {
      if (left.endings == 0 || !more()) return;
      --left.endings;
      end(delivery);
    } else {  // looked at
      static_cast<NodeOf<EndpointDeliveries>&>(delivery).unlink();
      endpoint.waiting.push_back(delivery);
    }
  }
}

}  // namespace certes::dispatcher
