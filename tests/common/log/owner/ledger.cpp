#include "tests/common/log/owner/ledger.hpp"

#include "common/log/names.hpp"
#include "common/log/terms.hpp"

namespace certes::log::testing {
using namespace dispatcher;
namespace {

std::string name(int event, int endpoint) {
  return "event " + std::to_string(event) + " for endpoint " + std::to_string(endpoint);
}

}  // namespace

std::string delivery_id(int event, int endpoint) {
  return "dlv_" + std::to_string(event) + "_" + std::to_string(endpoint);
}

void Ledger::accepted(int event, std::int32_t partition) {
  events_.resize(static_cast<std::size_t>(event) + 1);
  events_.back().partition = partition;
  for (int endpoint = 0; endpoint < kEndpoints; ++endpoint) ids_[delivery_id(event, endpoint)] = {event, endpoint};
}

void Ledger::sent(int event, int endpoint, bool current) {
  Delivery& delivery = at(event, endpoint);
  if (!current) {
    delivery.lost++;
  } else if (!tolerant_) {
    if (delivery.ends > 0) violate("RESEND: " + name(event, endpoint) + " was sent although its end was recorded");
    if (delivery.sent > static_cast<int>(delivery.fails) + delivery.lost)
      violate("REPEAT: " + name(event, endpoint) + " was sent again although nothing was in flight");
    if (delivery.fails >= max_attempts_) violate("ATTEMPTS: " + name(event, endpoint) + " had more than it may");
  }
  delivery.sent++;
}

void Ledger::landed(const StoredRecord& record, std::int64_t& highest) {
  const auto term = Terms::of(record);
  if (!term) return;
  const bool is_void = *term < highest;
  highest = std::max(highest, *term);
  const auto outcome = outcome_of(record);
  const auto whose = outcome ? ids_.find(outcome->delivery) : ids_.end();
  if (whose == ids_.end()) return;
  const auto [event, endpoint] = whose->second;
  Delivery& delivery = at(event, endpoint);
  if (is_void) {
    delivery.void_ends += outcome->ends() ? 1 : 0;
  } else if (!outcome->ends()) {
    delivery.fails++;
  } else if (delivery.ends++ > 0 && !tolerant_) {
    violate("FORK: " + name(event, endpoint) + " was ended by two valid records");
  }
}

void Ledger::check_commit(std::int32_t partition, Part& part) {
  const Committed committed = cluster_.committed(partition);
  for (; part.committed < committed.offset; ++part.committed) {
    const RecordPtr record = cluster_.at(Topic::events, partition, part.committed);
    if (!record || tolerant_ || others_commit_) continue;
    const int event = std::stoi(std::string(record->headers.get(names::kId)));
    for (int endpoint = 0; endpoint < kEndpoints; ++endpoint)
      if (at(event, endpoint).ends == 0) violate("FINISH: committed past " + name(event, endpoint) + ", which is open");
  }
}

void Ledger::scan() {
  constexpr Topic kTopicsRead[2] = {Topic::attempts, Topic::dead_letters};
  for (std::size_t p = 0; p < parts_.size(); ++p) {
    const auto partition = static_cast<std::int32_t>(p);
    for (std::size_t t = 0; t < 2; ++t) {
      const std::int64_t end = cluster_.range(kTopicsRead[t], partition).end;
      for (std::int64_t& offset = parts_[p].scanned[t]; offset < end; ++offset)
        if (const RecordPtr record = cluster_.at(kTopicsRead[t], partition, offset))
          landed(*record, parts_[p].highest[t]);
    }
    check_commit(partition, parts_[p]);
  }
}

bool Ledger::all_ended() const {
  for (const Event& event : events_)
    for (const Delivery& delivery : event.deliveries)
      if (!event.excused && !ended(delivery)) return false;
  return true;
}

void Ledger::check_complete() {
  for (std::size_t event = 0; event < events_.size(); ++event)
    for (int endpoint = 0; endpoint < kEndpoints; ++endpoint)
      if (!events_[event].excused && !ended(events_[event].deliveries[endpoint]))
        violate("LOST: " + name(static_cast<int>(event), endpoint) + " was neither delivered nor dead-lettered");
}

int Ledger::repeats() const {
  int repeats = 0;
  for (const Event& event : events_)
    for (const Delivery& delivery : event.deliveries)
      repeats += std::max(0, delivery.sent - static_cast<int>(delivery.fails) - 1);
  return repeats;
}

}  // namespace certes::log::testing
