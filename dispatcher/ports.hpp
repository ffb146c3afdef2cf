#pragma once
// What the core needs of the world, as small interfaces: the loop gives it the real ones, tests simulated ones.
// All are called on the core loop's thread.

#include <cstdint>
#include <functional>
#include <string_view>

#include "common/http/client/sender.hpp"
#include "common/registry/resources.hpp"
#include "dispatcher/ownership/owner.hpp"
#include "dispatcher/routing/sieve.hpp"

namespace certes::dispatcher {

// Where outcomes go: Owner, whose words hold.
class Outcomes {
 public:
  virtual ~Outcomes() = default;
  virtual bool may_act(std::int32_t partition) const = 0;
  virtual void record_attempt(Place origin, std::optional<book::LaneNumber> lane, const AttemptRecord& attempt,
                              std::function<void()> recorded) = 0;
  virtual Result<void> append_and_finish(Place origin, book::LaneNumber lane, log::Record&& letter,
                                         std::function<void()> recorded) = 0;
  virtual Result<void> append_event(Place origin, log::Record&& event, std::function<void()> recorded) = 0;
  virtual Result<void> append_keyed(log::Record&& event, std::function<void()> appended) = 0;
  virtual void let_go(std::int32_t partition) = 0;
  // Memory of what was appended, and is not acknowledged.
  virtual std::size_t memory_bytes() const = 0;
};

// http::Sender. Each submitted transfer comes back through Core::on_result, an aborted one too.
class Transfers {
 public:
  virtual ~Transfers() = default;
  virtual void submit(http::Transfer&& transfer) = 0;
  // It has as many that it has not begun as it should: the loop is woken once it has fewer.
  virtual bool is_busy() { return false; }
  virtual void abort(std::uint64_t id) = 0;
};

// log::Picker. Results come through Core::on_picked.
class Picks {
 public:
  virtual ~Picks() = default;
  virtual void ask(log::PickRun&& run) = 0;
  virtual void cancel(std::int32_t partition) = 0;  // of events: nothing of its runs comes any more
};

class Registrar {
 public:
  virtual ~Registrar() = default;
  // The state once the registry's end, as asked for after this call, is reached: at once, or (empty) through
  // Core::on_fence.
  virtual registry::StatePtr fence() = 0;
  // The endpoint answered 410 ("gone"), or did nothing but fail for too long ("failing"): proposes to disable it. If
  // that comes to nothing: Core::on_disable_failed.
  virtual void disable(const registry::Endpoint& endpoint, std::string_view reason) = 0;
};

// What an attempt says of its endpoint. none: it is to get nothing now (paused, disabled, deleted), so that this was
// the last.
enum class Sign : std::uint8_t { works, fails, none };

// An attempt that has ended.
struct AttemptSeen {
  const log::StoredRecord& event;
  const registry::Endpoint& endpoint;
  std::string_view event_id;
  std::uint32_t attempt = 1;
  registry::Priority priority = registry::Priority::normal;
  Ending ending;
  std::string_view rule;     // with dead_lettered, and of a purge
  std::string_view failure;  // in one word: "500", "timeout"; empty when delivered
  int status = 0;
  std::uint64_t duration_us = 0;
  Millis next{0};  // with retry
  std::size_t meter = 0;
  std::string_view key = {};     // of the endpoint: "tenant/id"
  std::string_view error = {};   // "500", "timeout: no answer within 15 s"; empty when delivered
  std::string_view answer = {};  // what there is of it
  Sign sign = Sign::none;
  std::string_view worker = {};  // who answered, or did not; empty: the only one
  UnixMillis waited_since = 0;   // for this attempt; 0: not known
};

// Who counts and tells.
class Observer {
 public:
  virtual ~Observer() = default;
  // A number for the endpoint, for its metrics; given back with what is seen of it.
  virtual std::size_t meter(const registry::Endpoint& endpoint) = 0;
  virtual void attempted(const AttemptSeen& attempt) = 0;
  // Nothing is sent to that endpoint any more, or for now: it was paused, disabled or deleted.
  virtual void left(std::string_view key) = 0;
  // An endpoint does nothing but fail: it gets a probe now and then, and nothing else; until it works again, or its
  // owner has changed it. Key: "tenant/id".
  virtual void breaker_opened(std::string_view key, std::size_t meter) = 0;
  virtual void breaker_closed(std::string_view key, std::size_t meter) = 0;
  // Of an endpoint with several workers so many more (less: fewer) get a probe now and then, and nothing else.
  // `worker`: the one that does so from now on, by name; empty: none.
  virtual void workers_tripped(std::string_view key, std::size_t meter, int more, std::string_view worker) = 0;
  // A delivery has reached its end and that is recorded. `meter` counts only if there is an endpoint.
  virtual void ended(registry::Priority priority, const Ending& ending, bool has_endpoint, std::size_t meter) = 0;
  virtual void dead_lettered(std::string_view rule) = 0;
  // And it was sent again as often as its back-off policy says.
  virtual void exhausted() = 0;
  // A request that was not made, for a reason that is not the endpoint's (http::not_tried): it waits, and no attempt is
  // used up.
  virtual void given_back(http::TransferError error, std::string_view why) = 0;
  // A token server has answered, or failed to: empty, with a token; else why there is none. Key: "tenant/id".
  virtual void token_answered(std::string_view endpoint_key, std::string_view why_not) = 0;
  // A command's result is on the log: succeeded, failed.
  virtual void answered(std::string_view status) = 0;
  // An event that nobody subscribed to.
  virtual void unmatched(const log::StoredRecord& event, std::string_view event_id) = 0;
  // A filter gave neither true nor false for an event that is routed.
  virtual void filter_failed(const FailedFilter& failed) = 0;
  // "made", or why there was nothing to be sent (transform::Failure::Why).
  virtual void transformed(std::string_view outcome) = 0;
  virtual void lost() = 0;  // a delivery that was open, as its event is not on the log any more
  virtual void duplicate() = 0;
  virtual void read() = 0;       // a record of events, to be routed
  virtual void read_back() = 0;  // a record of before, for de-duplication
  virtual void problem(std::string_view text) = 0;
  // An event about Certes that nobody gets, or only by a replay.
  virtual void notice_lost(std::string_view why) = 0;
};

}  // namespace certes::dispatcher
