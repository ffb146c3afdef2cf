#pragma once
// Runtime: wires the parts of one process together and runs them until a signal: log, registry, gateway, Master API,
// dispatcher, as the role says. Who: `certes serve` and the separate roles. Main thread only.
//
// Start: the engine is opened, the listeners are bound with all their routes; a Connector waits for the log, and until
// it is reached they answer 503. Then the roles are opened. Shutdown: gateway and API stop accepting and answer what is
// begun; the dispatcher drains and leaves; registry and log go last.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/api.hpp"
#include "certes/certificates.hpp"
#include "certes/connector.hpp"
#include "certes/metrics_listener.hpp"
#include "certes/options.hpp"
#include "certes/questions.hpp"
#include "certes/sealing_keys.hpp"
#include "certes/signals.hpp"
#include "certes/traces.hpp"
#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/config/running.hpp"
#include "common/http/client/sender.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"
#include "dispatcher/dispatcher.hpp"
#include "gateway/access/scrapers.hpp"
#include "gateway/gateway.hpp"

namespace certes {

class Runtime {
 public:
  // `sources`: where `loaded` is from.
  Runtime(command::Role role, config::Sources sources, config::Loaded loaded, std::string print_ports,
          Signals& signals);
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // Runs until a signal. Errors: what kept it from starting, or ended it.
  Result<void> run();

 private:
  Result<void> open();
  Result<bool> wait_for_log();  // false: a signal came first
  Result<void> bind_listeners();
  void open_roles();
  Result<void> announce();
  Result<void> serve();
  dispatcher::Dependencies delivering();
  std::map<std::string, std::string> urls() const;  // of the listeners, by name
  std::optional<std::string> not_ready() const;
  void look_again(bool hangup);
  void linger();
  void stop();

  bool uses_tls() const;
  bool runs_gateway() const;
  bool runs_api() const;
  bool runs_dispatcher() const;

  const command::Role role_;
  config::Running running_;
  const config::Settings settings_;
  const std::string print_ports_;
  Signals& signals_;
  const SystemClock clock_;
  metrics::Metrics metrics_;
  Certificates certificates_{metrics_};
  std::optional<SealingKeys> keys_;
  std::optional<http::AddressPolicy> addresses_;
  // A listener that was bound.
  struct Bound {
    std::string name, scheme, address;
  };
  std::vector<Bound> bound_;
  bool announced_ = false;

  std::unique_ptr<traces::Tracer> tracer_;  // none: there are no traces
  std::unique_ptr<log::Log> log_;
  std::unique_ptr<Connector> connector_;
  std::unique_ptr<registry::Registry> registry_;
  std::unique_ptr<Questions> questions_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<api::Api> api_;
  std::unique_ptr<gateway::Scrapers> scrapers_;  // of the dispatcher's listener
  std::unique_ptr<dispatcher::Dispatcher> dispatcher_;
  std::atomic<dispatcher::Dispatcher*> measured_{nullptr};  // the same, for listeners that are there before it
  std::unique_ptr<MetricsListener> metrics_listener_;

  std::atomic<bool> leaving_{false};
  Mutex mutex_;
  std::optional<Error> failure_ CERTES_GUARDED_BY(mutex_);  // the dispatcher's thread sets it
};

}  // namespace certes
