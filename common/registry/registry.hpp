#pragma once
// The replicated registry: every process follows the one-partition topic `registry` on a thread of its own and decides
// each change in log order, the same way everywhere. Who: gateway, API, dispatcher. Safe from any thread.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/log/log.hpp"
#include "common/registry/asked.hpp"
#include "common/registry/audit.hpp"
#include "common/registry/resources.hpp"

namespace certes::registry {

// What every follower looks at in a change. The body it looks at only to show and to use the resource.
struct Envelope {
  std::vector<std::string> needs;   // registry_key of what must exist as long as it does
  std::vector<std::string> claims;  // patterns of commands: no two resources of a tenant may claim the same
  std::string state;                // of an endpoint: "active", "paused", "disabled"
  std::optional<Purge> purge;       // these two: asked for by this change; when and by whom, it says itself
  std::optional<Retry> retry;

  bool operator==(const Envelope&) const = default;
};

// A proposed change of one resource: change_to() makes it. `body` is its whole new JSON (secrets sealed already);
// deletions have none.
struct Change {
  enum class Op : std::uint8_t { create, put, remove };
  Op op = Op::put;
  std::string kind;  // "endpoints", …
  std::string tenant = "default";
  std::string id;
  Envelope envelope;
  std::string body;                      // JSON object, kept byte for byte
  std::string by;                        // id of the key, or "certes" for the system's own
  std::optional<std::int64_t> based_on;  // version the change was made from; other: conflict
  bool cascade = false;                  // remove: what needs it goes with it
};

struct Decision {
  std::int64_t version = 0;
  bool created = false;
};

struct RegistryOptions {
  std::size_t audit_entries = kAuditEntries;  // of the last changes, that audit() knows
  bool accept_empty = false;                  // follows an empty topic beside events that are there (emptiness.hpp)
};

class Registry {
 public:
  // Starts following at once. Errors of the log are retried for ever; see caught_up.
  Registry(log::Log& log, const Clock& clock, RegistryOptions options = {});
  ~Registry();

  StatePtr state() const;
  // The next offset of the topic: every change below it is in state(), and none that was answered by this process
  // stands at or above it. Costs next to nothing.
  std::int64_t position() const;
  // True once the end, as it was at the start, was reached.
  bool caught_up() const;
  // Why it does not follow the log, if waiting does not help: a record of a newer version of Certes, a log cut without
  // a snapshot, or a damaged record that it must not leave out (store.on_damaged).
  std::optional<Error> failure() const;
  // Called on the registry's thread after each change of the state.
  void on_change(std::function<void(StatePtr)> observer);

  // Appends the change and waits until this follower has decided it. Blocks (for ordinary event loops: propose_async).
  // Errors: not_found, conflict (with the pointer /version: another version; else what it needs or claims), unavailable
  // (surely not written), unknown_outcome.
  Result<Decision> propose(const Change& change, Millis timeout);
  void propose_async(Change change, Millis timeout,
                     std::function<void(Result<Decision>)> done);  // `done`: registry's thread

  // Runs `done` (registry's thread, or at once where the end is simply known) when this follower has reached the
  // topic's end as asked for after this call. While the log is away it waits. One question serves all that wait.
  void fence(std::function<void(StatePtr)> done);

  // A page of the audit trail, as this follower has it. Blocks. Error: unavailable, while the log is being read.
  Result<AuditPage> audit(const AuditQuery& query);
  // For metrics.
  std::size_t audit_entries() const;
  std::uint64_t audit_forgotten() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace certes::registry
