#pragma once
// EndpointMeters: the metrics that have an endpoint in their labels. The first endpoints have labels of their own, the
// others share `_other`: what is shown there is their sum. Who: Meters. Confined to
// the core loop; the metrics themselves are read from any thread.

#include <array>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/metrics/metrics.hpp"
#include "common/registry/resources.hpp"
#include "dispatcher/failing_endpoints.hpp"
#include "dispatcher/ports.hpp"

namespace certes::dispatcher {

class EndpointMeters {
 public:
  static constexpr std::size_t kOther = 0;

  EndpointMeters(metrics::Metrics& metrics, std::size_t most_endpoints);
  // A number for the endpoint; kOther: it shares.
  std::size_t meter(const registry::Endpoint& endpoint);
  // `status` 0: there was no answer.
  void attempted(std::size_t meter, const Ending& ending, int status);
  void ended(std::size_t meter, const Ending& ending) { meters_[meter].deliveries[ending.index()].add(); }
  void breaker(std::size_t meter, int opened) { meters_[meter].breaker.add(opened); }  // 1, -1: closed
  void workers_tripped(std::size_t meter, int more) { meters_[meter].workers_tripped.add(more); }
  void show(const FailingEndpoints& failing);
  void show_waiting(const std::vector<std::size_t>& deliveries);  // by meter

 private:
  struct Meter {
    std::string tenant, endpoint;
    std::array<metrics::Counter, kEndings> deliveries;                 // of the last ones
    std::map<std::pair<std::size_t, int>, metrics::Counter> attempts;  // by ending, and hundreds of the status
    metrics::Gauge waiting, failing, breaker, workers_tripped;
    double failing_seconds = 0;
  };
  Meter make(std::string tenant, std::string endpoint);

  metrics::Metrics& metrics_;
  const std::size_t most_endpoints_;
  std::vector<Meter> meters_;  // the first is of the others
  std::unordered_map<std::string, std::size_t> by_name_;
  struct Failing {
    metrics::Gauge shown;
    double count = 0;
  };
  std::map<std::string, Failing, std::less<>> failing_;  // by tenant
};

}  // namespace certes::dispatcher
