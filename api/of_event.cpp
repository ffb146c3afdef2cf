#include "api/of_event.hpp"

#include "api/history/decode.hpp"
#include "api/history_answers.hpp"
#include "common/log/scan.hpp"

namespace certes::api {

Result<OfEvent::Answer> OfEvent::go_on(SteadyTime until) {
  if (!found_) {
    auto found = history_.look([this](history::Lookup& lookup) { return find(lookup); });
    if (!found) return Answer(not_ready(found.error()));
    if (found->records.empty()) return Answer(not_indexed(history_, "there is no event " + id_));
    found_ = std::move(*found);
  }
  return answer(*found_, until);
}

OfEvent::Found OfEvent::find(history::Lookup& lookup) const {
  Found found{lookup.records_of(tenant_, id_), {}};
  for (const history::EventRow& record : found.records)
    for (auto& delivery : lookup.deliveries_of(tenant_, record.place))
      found.deliveries.push_back({std::move(delivery), record.replay});
  return found;
}

Result<OfEvent::Read> OfEvent::read(const history::EventRow& event) {
  const auto [partition, offset] = event.place;
  auto record =
      log::read_at(services_.deps.log, log::Topic::events, partition, offset, services_.deps.settings.api.scan_time);
  if (!record) return fail(std::move(record.error()));
  if (!*record || history::is_record_of(**record, event)) return Read{std::move(*record), std::nullopt};
  history_.is_of_another_log();
  return Read{nullptr, not_ready({Code::unavailable, "the history of events is of another log: it is made anew"})};
}

}  // namespace certes::api
