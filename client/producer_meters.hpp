#pragma once
// The metrics of a producer: certes_producer_…. Who: Pipeline. Any thread.

#include "client/forward/forwarder.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::client {

class ProducerMeters {
 public:
  ProducerMeters(metrics::Metrics& metrics, std::size_t max_events, std::size_t max_bytes);

  void stored(std::size_t events, bool well);
  void refused(const char* why);  // "full", "closing"
  void answered(Verdict verdict, const Outcome& outcome);
  void spool(std::size_t waiting, std::size_t rejected, std::size_t bytes);

 private:
  metrics::Counter published_, full_, closing_, unwritten_, accepted_, retried_, refused_, given_up_;
  metrics::Counter answers_[5];  // by Verdict
  metrics::Gauge waiting_, rejected_, bytes_;
};

}  // namespace certes::client
