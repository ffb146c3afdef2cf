#include "tests/simulation/witness.hpp"

#include <algorithm>

#include "common/log/names.hpp"

namespace certes::simulation {

Witness::Track& Witness::expect(const std::string& delivery, std::string what, std::int32_t partition) {
  Track& made = tracks_[delivery];
  made.what = std::move(what);
  made.partition = partition;
  return made;
}

void Witness::sent(const std::string& delivery, bool current) {
  Track& of = track(delivery);
  say(of.what + " is sent" + (current ? "" : ", by who owns it no more"));
  ++of.sent;
  if (!current) {
    ++of.lost;
  } else if (!tolerant_) {
    if (of.ends > 0) violate("RESEND: " + of.what + " was sent although its end was recorded");
    if (of.unanswered() > 1) violate("REPEAT: " + of.what + " was sent again although nothing was in flight");
  }
}

void Witness::read_outcome(const log::StoredRecord& record, log::Terms& terms) {
  const bool counts = terms.counts(record);
  const auto outcome = dispatcher::outcome_of(record);
  const auto whose = outcome ? tracks_.find(outcome->delivery) : tracks_.end();
  if (whose == tracks_.end()) return;
  Track& of = whose->second;
  const bool attempt = record.topic == log::Topic::attempts;
  const std::string how(record.headers.get(attempt ? log::names::kOutcome : log::names::kRule));
  say(of.what + " is recorded: " + how + (counts ? "" : ", which is void"));
  const bool ended = outcome->ends();
  if (!counts) {
    of.void_ends += ended ? 1 : 0;
    return;
  }
  if (!ended) {
    ++of.failed;
  } else if (of.ends++ > 0 && !tolerant_) {
    violate("FORK: " + of.what + " ended as " + of.end + " and as " + how);
  }
  if (ended) of.end = how;
  recorded(*outcome, record, of);
}

void Witness::read_events(std::int32_t partition, Read& read) {
  const std::int64_t end = cluster_.range(log::Topic::events, partition).end;
  // Where the log was cut, what has come since stands at offsets that were read.
  read.events = std::min(read.events, end);
  for (; read.events < end; ++read.events)
    if (const auto record = cluster_.at(log::Topic::events, partition, read.events)) landed(record);
}

void Witness::read_outcomes(std::int32_t partition, Read& read) {
  constexpr log::Topic kTopics[2] = {log::Topic::attempts, log::Topic::dead_letters};
  for (std::size_t t = 0; t < 2; ++t) {
    const std::int64_t end = cluster_.range(kTopics[t], partition).end;
    for (std::int64_t& at = read.offset[t]; at < end; ++at)
      if (const auto record = cluster_.at(kTopics[t], partition, at)) read_outcome(*record, read.terms[t]);
  }
}

// Nothing below what is committed is read again.
void Witness::scan() {
  for (std::size_t p = 0; p < read_.size(); ++p) {
    Read& read = read_[p];
    const auto partition = static_cast<std::int32_t>(p);
    read_events(partition, read);
    read_outcomes(partition, read);
    for (const std::int64_t to = cluster_.committed(partition).offset; read.committed < to; ++read.committed)
      if (const auto record = cluster_.at(log::Topic::events, partition, read.committed)) passed(*record);
  }
}

int Witness::repeats() const {
  int repeats = 0;
  for (const auto& [name, of] : tracks_) repeats += std::max(0, of.sent - of.failed - 1);
  return repeats;
}

}  // namespace certes::simulation
