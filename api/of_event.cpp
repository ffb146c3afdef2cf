#include "api/of_event.hpp"

#include "api/page.hpp"
#include "common/event/event_id.hpp"
#include "common/log/scan.hpp"

namespace certes::api {
namespace {

using history::EventRow;
using history::History;
using history::Lookup;

std::string time_json(std::optional<UnixMillis> at) {
  return json_text(at ? std::optional(format_rfc3339(*at)) : std::nullopt);
}

// Answered before it has begun.
class Answered final : public http::Steps {
 public:
  explicit Answered(http::Response&& answer) : answer_(std::move(answer)) {}
  std::optional<http::Response> step() override { return std::move(answer_); }
  std::size_t held() const override { return 0; }

 private:
  http::Response answer_;
};

bool is_of(const log::StoredRecord& record, const EventRow& event) {
  return record.appended_at == event.at && event::event_id(record) == event.id;
}

}  // namespace

std::string reach_of(const History& history) {
  return R"(,"indexed_until":)" + time_json(history.indexed_until()) + R"(,"indexed_from":)" +
         time_json(history.indexed_from());
}

void add_members(http::Response& response, const std::string& members) {
  response.body.pop_back();
  response.body.append(members).append("}");
}

http::Response not_indexed(const History& history, std::string_view what) {
  const std::string reach = reach_of(history);
  auto response = http::problem(404, "not-found", "Not found",
                                std::string(what.substr(0, 160)) +
                                    ": it was accepted later than indexed_until, is older than is kept, or was never "
                                    "accepted",
                                "id");
  add_members(response, reach);
  return response;
}

http::Response not_ready(const Error& error) {
  auto response = http::problem(503, "history-not-ready", "Not ready", error.message);
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

std::unique_ptr<http::Steps> no_history() {
  return std::make_unique<Answered>(
      http::problem(501, "no-history", "No history here",
                    "this process keeps no index of what became of events: ask the Master API of certes serve or "
                    "certes api, or set history.enabled = true for this one"));
}

Result<OfEvent::Answer> OfEvent::go_on(SteadyTime until) {
  if (!found_) {
    auto found = history_.look([this](Lookup& lookup) { return find(lookup); });
    if (!found) return Answer(not_ready(found.error()));
    if (found->records.empty()) return Answer(not_indexed(history_, "there is no event " + id_));
    found_ = std::move(*found);
  }
  return answer(*found_, until);
}

OfEvent::Found OfEvent::find(Lookup& lookup) const {
  Found found{lookup.records_of(tenant_, id_), {}};
  for (const EventRow& record : found.records)
    for (auto& delivery : lookup.deliveries_of(tenant_, record.place))
      found.deliveries.push_back({std::move(delivery), record.replay});
  return found;
}

Result<OfEvent::Read> OfEvent::read(const EventRow& event) {
  const auto [partition, offset] = event.place;
  auto record =
      log::read_at(services_.deps.log, log::Topic::events, partition, offset, services_.deps.settings.api.scan_time);
  if (!record) return fail(std::move(record.error()));
  if (!*record || is_of(**record, event)) return Read{std::move(*record), std::nullopt};
  history_.is_of_another_log();
  return Read{nullptr, not_ready({Code::unavailable, "the history of events is of another log: it is made anew"})};
}

}  // namespace certes::api
