#pragma once
// Running: the settings of a process while it runs. Most hold until it ends; a few may change meanwhile: when it reads
// its file again (SIGHUP), or by `PATCH /config`, whose values stand above all others until they are taken back or the
// process ends. Who: Runtime, the configuration's routes. Any thread; reading files blocks.

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/mutex.hpp"
#include "common/config/origins.hpp"

namespace certes::config {

// What may change, as who is on the way of events looks at it.
struct Live {
  explicit Live(const GatewaySettings& settings) { take(settings); }
  void take(const GatewaySettings& settings) {
    maintenance = settings.maintenance;
    maintenance_retry_after = settings.maintenance_retry_after;
    max_waiting = settings.max_waiting;
    shed_after = settings.shed_after;
  }

  std::atomic<bool> maintenance;
  std::atomic<Millis> maintenance_retry_after;
  std::atomic<std::size_t> max_waiting;
  std::atomic<Millis> shed_after;
};

// Whether the setting of that name may change while a process runs.
bool may_change(std::string_view name);

class Running {
 public:
  using Lines = std::shared_ptr<const std::vector<SettingLine>>;
  // `settle` makes of what was read what holds for this process; `apply` takes what else may change, as log.level: one
  // call at a time.
  Running(Sources sources, Loaded loaded, std::function<void(Loaded&)> settle,
          std::function<void(const Settings&)> apply);

  const Live& live() const { return live_; }
  // Each with its value now.
  Lines lines() const;

  struct Change {
    std::string name, from, to;
  };
  struct Reloaded {
    std::vector<Change> changed;
    std::vector<std::string> need_restart;  // settings that are other now, and take a restart
  };
  // Reads the file again. Errors: as load_with_origins; nothing has changed.
  Result<Reloaded> reload();
  // Sets what is named, or takes back what was set so, and reads nothing. `by`: who, for the lines. Errors: invalid,
  // with the setting as the place; nothing has changed.
  Result<std::vector<Change>> change(const std::map<std::string, std::optional<std::string>>& values,
                                     const std::string& by);

 private:
  struct Override {
    std::string value, by;
  };
  using Overrides = std::map<std::string, Override>;
  Reloaded take(Loaded read, Overrides overrides) CERTES_REQUIRES(mutex_);

  const Sources sources_;
  const std::function<void(Loaded&)> settle_;
  const std::function<void(const Settings&)> apply_;
  Live live_;
  mutable Mutex mutex_;
  Loaded read_ CERTES_GUARDED_BY(mutex_);  // last
  Overrides overrides_ CERTES_GUARDED_BY(mutex_);
  Lines lines_ CERTES_GUARDED_BY(mutex_);
};

}  // namespace certes::config
