#pragma once
// Connector: gets from an opened log to a registry that may be used: topics made and checked, the registry read to its
// end, the sealing key found right, an admin key there. It keeps trying while the log is away, with one log line a
// minute, on a thread of its own. Who: Runtime, at start.

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/base/result.hpp"
#include "common/log/log.hpp"
#include "common/registry/registry.hpp"

namespace certes {

class Connector {
 public:
  using RegistryPtr = std::unique_ptr<registry::Registry>;
  // `bootstrap` runs once the registry has caught up. Unavailable, timeout, unknown_outcome and busy: tried again.
  // `wake`: called from its thread when it has ended.
  Connector(log::Log& log, const Clock& clock, std::function<Result<void>(registry::Registry&)> bootstrap,
            std::function<void()> wake, Millis retry_every = Millis{1'000}, registry::RegistryOptions options = {});
  ~Connector();  // gives up

  // What came of it, once; nothing while it is trying. An error is final.
  std::optional<Result<RegistryPtr>> take();

 private:
  void run();
  Result<RegistryPtr> connect();
  // Until `attempt` succeeds, fails for good, or this is given up (Code::unavailable).
  Result<void> keep_trying(const std::function<Result<void>()>& attempt);
  Result<void> catch_up(registry::Registry& registry);
  bool pause();  // false: given up
  void tell(const Error& error);

  log::Log& log_;
  const Clock& clock_;
  const std::function<Result<void>(registry::Registry&)> bootstrap_;
  const std::function<void()> wake_;
  const Millis retry_every_;
  const registry::RegistryOptions options_;
  std::optional<SteadyTime> told_;  // its thread

  Mutex mutex_;
  Condition changed_;
  bool given_up_ CERTES_GUARDED_BY(mutex_) = false;
  std::optional<Result<RegistryPtr>> outcome_ CERTES_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace certes
