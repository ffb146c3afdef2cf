#include "tests/dispatcher/ownership/ledger.hpp"

#include "common/log/names.hpp"

namespace certes::dispatcher::testing {

std::string delivery_id(int event, int endpoint) {
  return "dlv_" + std::to_string(event) + "_" + std::to_string(endpoint);
}

void Ledger::accepted(int event, std::int32_t partition) {
  events_ = event + 1;
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint)
    expect(delivery_id(event, endpoint), "event " + std::to_string(event) + " for endpoint " + std::to_string(endpoint),
           partition);
}

void Ledger::unreadable(std::string_view what) {
  say(std::string(what));
  if (!tolerant()) violate("UNREADABLE: " + std::string(what));
}

void Ledger::check_attempts(const std::string& delivery, bool current) {
  const Track& of = track(delivery);
  if (current && !tolerant() && of.failed >= static_cast<int>(max_attempts_))
    violate("ATTEMPTS: " + of.what + " has more than it may");
}

void Ledger::passed(const log::StoredRecord& record) {
  if (tolerant() || others_commit_) return;
  const int event = std::stoi(std::string(record.headers.get(log::names::kId)));
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint)
    if (const Track& of = track(delivery_id(event, endpoint)); of.ends == 0)
      violate("FINISH: committed past " + of.what + ", which is open");
}

bool Ledger::ended(int event, int endpoint) const {
  const Track& of = track(delivery_id(event, endpoint));
  return excused_.contains(event) || of.ends > 0 || (void_counts_ && of.void_ends > 0);
}

bool Ledger::all_ended() const {
  for (int event = 0; event < events_; ++event)
    for (int endpoint = 0; endpoint < kEndpoints; ++endpoint)
      if (!ended(event, endpoint)) return false;
  return true;
}

void Ledger::conclude() {
  for (int event = 0; event < events_; ++event)
    for (int endpoint = 0; endpoint < kEndpoints; ++endpoint)
      if (!ended(event, endpoint))
        violate("LOST: " + track(delivery_id(event, endpoint)).what + " was neither delivered nor dead-lettered");
}

// Nothing but its answers decides how one ends.
simulation::Ends Ledger::ends() const {
  simulation::Ends ends;
  for (const auto& [name, of] : tracks()) ends[of.what] = of.end;
  return ends;
}

}  // namespace certes::dispatcher::testing
