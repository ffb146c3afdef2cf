#include "tests/simulation/flights.hpp"

namespace certes::simulation {

void Flights::begin(const std::string& delivery, std::int32_t partition, bool current) {
  witness_.sent(delivery, current);
  out_[delivery] = {partition, !current};
}

void Flights::count(const std::string& delivery, Flight& flight) {
  if (!std::exchange(flight.counted, true)) witness_.lost(delivery);
}

void Flights::lost(const std::string& delivery) {
  const auto flight = out_.find(delivery);
  if (flight == out_.end()) return;
  count(delivery, flight->second);
  out_.erase(flight);
}

void Flights::lost(std::int32_t partition) {
  for (auto at = out_.begin(); at != out_.end();) {
    if (at->second.partition != partition) {
      ++at;
      continue;
    }
    count(at->first, at->second);
    at = out_.erase(at);
  }
}

void Flights::superseded() {
  for (auto& [delivery, flight] : out_) count(delivery, flight);
}

}  // namespace certes::simulation
