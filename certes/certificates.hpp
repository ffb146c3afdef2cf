#pragma once
// Certificates: keeps the listeners' TLS certificates current: looks whether their files have changed, says in the log
// and in metrics what came of it. Who: Runtime. Main thread only.

#include <string>
#include <vector>

#include "common/http/server/server.hpp"
#include "common/metrics/metrics.hpp"

namespace certes {

class Certificates {
 public:
  explicit Certificates(metrics::Metrics& metrics) : metrics_(metrics) {}

  struct Listener {
    std::string name;  // "gateway", "api"
    http::Server* server;
  };
  // These from now on, which must stay until the next call. Those without TLS are passed over.
  void watch(const std::vector<Listener>& listeners);
  // Reads what has changed, or everything. Reads files: the listeners go on meanwhile.
  void look(bool everything);

 private:
  void tell(const Listener& listener, const Result<bool>& read);

  metrics::Metrics& metrics_;
  std::vector<Listener> listeners_;
};

}  // namespace certes
