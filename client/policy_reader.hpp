#pragma once
// PolicyReader: reads producers' back-off policies from the Master API now and then, on a thread of its own. Until it
// is reached, and where it says nothing, the local ones hold. Who: Producer, certes relay.

#include <functional>
#include <string>
#include <thread>

#include "client/policies.hpp"
#include "common/base/clock.hpp"
#include "common/base/mutex.hpp"
#include "common/base/result.hpp"

namespace certes::client {

struct PolicyReaderOptions {
  std::string url;               // of the Master API
  std::string key;               // needs backoffs:read, sources:read and schemas:read
  std::string global;            // name of the global policy; empty: the local one
  bool global_is_local = false;  // `local` has it already: the API need not
  Policies local;
  Millis every{60'000};
};

// What it says now. Errors: unavailable and the like; invalid: a policy that is named is not there.
Result<Policies> read_policies(const PolicyReaderOptions& options);

class PolicyReader {
 public:
  // Both are called on its thread. `trouble`: once for each new reason.
  PolicyReader(PolicyReaderOptions options, std::function<void(Policies)> found,
               std::function<void(const Error&)> trouble);
  ~PolicyReader();  // waits for a request that is on its way
  PolicyReader(const PolicyReader&) = delete;
  PolicyReader& operator=(const PolicyReader&) = delete;

 private:
  void run();

  const PolicyReaderOptions options_;
  const std::function<void(Policies)> found_;
  const std::function<void(const Error&)> trouble_;
  Mutex mutex_;
  Condition woken_;
  bool ending_ CERTES_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace certes::client
