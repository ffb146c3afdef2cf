#pragma once
// Forwarder: which of the events that wait go to the gateway next, together or alone, and what becomes of them after an
// answer. Pure: no I/O and no clock of its own. Who: Pipeline. Confined to its thread. All operations O(log n) an
// event.
//
// Order: events of one key are sent in the order of publishing, and none while an earlier one is in flight or waits
// for its next attempt; a key that waits holds nothing but itself. Events without a key go in order of publishing as
// far as nothing fails. An event that was given up releases its key. When the gateway is away (no answer, 429, 502,
// 503, 504), or denies for the key's sake, its path is closed until the first of the failed ones is due again, then
// tried with one request at a time until one is answered: an outage costs a few attempts, not one per event.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "client/forward/answer.hpp"
#include "client/policies.hpp"
#include "client/spool/item.hpp"
#include "common/base/random.hpp"

namespace certes::client {

struct ForwardLimits {
  std::size_t batch_events = 100;
  std::size_t batch_bytes = 256u << 10;
  std::size_t in_flight = 4;  // requests
  // Events that were denied for the key's sake are tried again as when the gateway is away; else they are refused.
  bool retry_denied = true;
};

// One request: of a form that is JSON, or of a single event.
struct Flight {
  std::uint64_t id = 0;
  std::string path;
  Form form = Form::plain;
  std::vector<std::int64_t> sequences;
};

// What an answer did. Events that are in none of these are sent again at once, in smaller company.
struct Outcome {
  std::vector<std::int64_t> accepted;
  std::vector<Refusal> refused;
  std::vector<Retry> retried;
};

// What the pipeline knows of an event in flight.
struct Kind {
  std::string type, source;
};

class Forwarder {
 public:
  Forwarder(ForwardLimits limits, std::uint64_t seed);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  void set_policies(Policies policies) { policies_ = std::move(policies); }

  // Sequences rise. One that was restored after a start counts its earlier attempts.
  void add(Entry&& entry);
  // The next request to be made now; nothing: none.
  std::optional<Flight> next(SteadyTime now);
  // `kinds`: of the flight's events, in its order.
  Outcome finished(const Flight& flight, const std::vector<Kind>& kinds, const Answer& answer, SteadyTime now,
                   UnixMillis unix_now);

  // When next() may have something without anything else happening; nothing: never.
  std::optional<SteadyTime> due() const;
  std::size_t size() const { return events_.size(); }  // in flight included
  std::size_t flying() const { return flying_; }       // requests
  std::optional<std::int64_t> oldest() const;          // sequence

 private:
  struct Event;
  struct Lane;
  struct Route;

  Route& route_of(std::string_view path);
  void forget(Event& event);
  Route* open_route(SteadyTime now);
  void fill(Flight& flight, Route& route, SteadyTime now);
  void wake_due(SteadyTime now);
  void put_back(Event& event, SteadyTime now);
  Verdict verdict_of(const Answer& answer) const;
  void judge_refused(Outcome& outcome, const Flight& flight, const Answer& answer, SteadyTime now, UnixMillis unix_now);
  void judge_failed(Outcome& outcome, const Flight& flight, const std::vector<Kind>& kinds, const Answer& answer,
                    SteadyTime now, UnixMillis unix_now);
  void settle(const Flight& flight, SteadyTime now);

  const ForwardLimits limits_;
  Random random_;
  Policies policies_;
  std::map<std::int64_t, std::unique_ptr<Event>> events_;
  std::unordered_map<std::string, std::unique_ptr<Lane>> lanes_;  // of keys that have events
  std::map<std::string, std::unique_ptr<Route>, std::less<>> routes_;
  std::set<std::pair<SteadyTime, std::int64_t>> waiting_;  // heads that wait for their next attempt
  std::uint64_t last_flight_ = 0;
  std::size_t flying_ = 0;
};

}  // namespace certes::client
