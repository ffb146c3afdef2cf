#pragma once
// Standby: the listeners while the log is away on start. Alive, not ready; events are refused with 503, so that a
// producer tries again. It ends when the roles take over its addresses. Who: Runtime. start/stop from one thread.

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "certes/certificates.hpp"
#include "common/base/result.hpp"
#include "common/http/server.hpp"
#include "common/metrics/metrics.hpp"

namespace certes {

class Standby {
 public:
  struct Wanted {
    std::string address;  // to listen on
    http::TlsFiles tls;
  };
  // `listeners`: by name ("gateway", "api", "dispatcher").
  Standby(const std::map<std::string, Wanted>& listeners, metrics::Metrics& metrics);
  Result<void> start();  // the error names the setting
  std::map<std::string, std::string> addresses() const;
  std::vector<Certificates::Listener> servers() const;
  void stop();

 private:
  std::map<std::string, std::unique_ptr<http::Server>> servers_;
};

}  // namespace certes
