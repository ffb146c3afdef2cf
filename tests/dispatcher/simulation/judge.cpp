#include "tests/dispatcher/simulation/judge.hpp"

#include <algorithm>

#include "common/log/names.hpp"
#include "dispatcher/book/delivery_id.hpp"
#include "dispatcher/endpoint/fate.hpp"

namespace certes::dispatcher::simulation {

namespace names = log::names;

void Judge::accepted(const std::string& id, const std::string& type, UnixMillis at) {
  Event& event = events_[id];
  event = {type, at, registry_.now()->number, {}};
  for (const std::string& endpoint : kEndpoints) {
    event.deliveries[endpoint];
    names_[delivery_id(id, endpoint, {})] = {id, endpoint};
  }
}

void Judge::sent(const std::string& id, const std::string& endpoint, const registry::State& state) {
  Event& event = events_.at(id);
  Delivery& delivery = event.deliveries.at(endpoint);
  const std::string what = id + " was sent to " + endpoint;
  const auto config = state.endpoint("default", endpoint);
  if (!config || config->state != registry::EndpointState::active) violate("SENT: " + what + ", which is not active");
  if (config && fate_of(*config, event.appended_at) != Fate::deliver)
    violate("SENT: " + what + ", whose time it was not");
  if (!registry_.ever_covered(endpoint, event.type, event.accepted_in))
    violate("SENT: " + what + ", which never asked");
  ++delivery.sent;
  history_.push_back(what);
}

void Judge::landed(const log::StoredRecord& record, log::Terms& terms) {
  const bool counts = terms.counts(record);
  const auto outcome = dispatcher::outcome_of(record);
  const auto whose = outcome ? names_.find(outcome->delivery) : names_.end();
  if (whose == names_.end()) return;
  const auto rule = record.headers.get(record.topic == log::Topic::attempts ? names::kOutcome : names::kRule);
  history_.push_back(whose->second.first + " for " + whose->second.second + " is recorded: " + std::string(rule) +
                     (counts ? "" : ", which is void"));
  if (!counts) return;
  Delivery& delivery = events_.at(whose->second.first).deliveries.at(whose->second.second);
  if (!outcome->ends()) {
    ++delivery.failed;
    return;
  }
  if (delivery.ends++ > 0)
    violate("FORK: " + whose->second.first + " for " + whose->second.second + " ended as " + delivery.end + " and as " +
            std::string(rule));
  delivery.end = rule;
}

void Judge::scan() {
  constexpr log::Topic kTopics[2] = {log::Topic::attempts, log::Topic::dead_letters};
  for (int p = 0; p < partitions_; ++p) {
    Read& read = read_[static_cast<std::size_t>(p)];
    for (std::size_t t = 0; t < 2; ++t) {
      const std::int64_t end = cluster_.range(kTopics[t], p).end;
      for (std::int64_t& at = read.offset[t]; at < end; ++at)
        if (const auto record = cluster_.at(kTopics[t], p, at)) landed(*record, read.terms[t]);
    }
    committed(p, read.committed);
  }
}

// Nothing below it is read again.
void Judge::committed(int partition, std::int64_t& known) {
  for (; known < cluster_.committed(partition).offset; ++known) {
    const auto record = cluster_.at(log::Topic::events, partition, known);
    const std::string id(record ? record->headers.get(names::kId) : "");
    const auto event = events_.find(id);
    if (event == events_.end()) continue;
    for (const auto& [endpoint, delivery] : event->second.deliveries)
      if (delivery.ends == 0 && must(event->second, endpoint, delivery) == Must::end)
        violate("FINISH: committed past " + id + ", which is open for " + endpoint);
  }
}

Judge::Must Judge::must(const Event& event, const std::string& endpoint, const Delivery& delivery) const {
  // Who was tried is known from then on, whatever the registry says later.
  if (delivery.failed > 0) return Must::end;
  if (!registry_.ever_covered(endpoint, event.type, event.accepted_in)) return Must::none;
  const auto config = registry_.endpoint(endpoint);
  if (!config || !registry_.always_covered(endpoint, event.type, event.accepted_in)) return Must::anything;
  // Where clocks jump an event may have been routed before a change that its time says was earlier, or after a later
  // one.
  const bool was_disabled = last_disabled_at(*config) != 0;
  if (clocks_jump_ && was_disabled) return Must::anything;
  return fate_of(*config, event.appended_at) == Fate::unmatched ? Must::none : Must::end;
}

bool Judge::all_ended() const {
  for (const auto& [id, event] : events_)
    for (const auto& [endpoint, delivery] : event.deliveries)
      if (delivery.ends == 0 && must(event, endpoint, delivery) == Must::end) return false;
  return true;
}

void Judge::conclude() {
  for (const auto& [id, event] : events_) {
    for (const auto& [endpoint, delivery] : event.deliveries) {
      const std::string what = id + " (" + event.type + ") for " + endpoint;
      const Must expected = must(event, endpoint, delivery);
      if (expected == Must::end && delivery.ends == 0) violate("LOST: " + what + " has no end");
      if (expected == Must::none && (delivery.ends > 0 || delivery.sent > 0))
        violate("STRANGE: " + what + " was for nobody, and is " + (delivery.end.empty() ? "sent" : delivery.end));
    }
  }
}

int Judge::repeats() const {
  int repeats = 0;
  for (const auto& [id, event] : events_)
    for (const auto& [endpoint, delivery] : event.deliveries)
      repeats += std::max(0, delivery.sent - delivery.failed - 1);
  return repeats;
}

}  // namespace certes::dispatcher::simulation
