#include "api/event_routes.hpp"

#include <algorithm>

#include "api/event_json.hpp"
#include "api/event_query.hpp"
#include "api/history/walk.hpp"
#include "api/history_answers.hpp"
#include "api/of_event.hpp"
#include "api/page.hpp"
#include "common/base/number.hpp"

namespace certes::api {
namespace {

using history::EventRow;
using history::History;
using history::Lookup;

using Begun = Result<std::unique_ptr<http::Steps>>;
using Answer = std::optional<http::Response>;

constexpr std::size_t kRowsAtOnce = 256;

class EventListing final : public LongSteps {
 public:
  EventListing(Services& services, const EventQuery& query, bool conversation)
      : services_(services),
        history_(*services.history),
        begins_(query.after.at == history::Cursor{}.at),
        conversation_(conversation),
        walk_(query.filter, history::Order::newest_first, query.after),
        reach_(reach_of(history_)),
        deadline_(std::chrono::steady_clock::now() + services.deps.settings.api.scan_time),
        page_(query.limit, services) {}

  std::size_t held() const override { return page_.bytes(); }

 private:
  Result<Answer> go_on(SteadyTime until) override {
    for (;;) {
      const auto chunk = history_.look([this](Lookup& lookup) { return walk_.next(lookup); });
      if (!chunk) return Answer(not_ready(chunk.error()));
      for (const EventRow& row : chunk->events) {
        page_.add(event_json(row));
        any_ = true;
        if (page_.full()) return answer(history::Cursor::behind(row).text());
      }
      if (chunk->last) return end();
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= deadline_) {
        services_.cut_scans.add();
        return answer(walk_.cursor().text());
      }
      if (now >= until) return Answer();
    }
  }

  Answer end() {
    if (conversation_ && !any_ && begins_)
      return not_indexed(history_, "there is no conversation " + *walk_.filter().conversation);
    return answer(std::nullopt);
  }
  Answer answer(const std::optional<std::string>& next) { return std::move(page_).answer(next, reach_); }

  Services& services_;
  History& history_;
  const bool begins_;        // it is the first page
  const bool conversation_;  // it is one that was asked for by its id
  history::Walk walk_;
  const std::string reach_;  // when it was begun
  const SteadyTime deadline_;
  Page page_;
  bool any_ = false;
};

class EventShown final : public OfEvent {
 public:
  using OfEvent::OfEvent;

 private:
  Result<Answer> answer(const Found& found, SteadyTime) override {
    const EventRow& event = found.records.front();
    auto read = this->read(event);
    if (!read) return fail(std::move(read.error()));
    if (read->instead) return std::move(read->instead);
    auto response = json_response(200, event_json(event, read->record.get(), found.deliveries));
    add_members(response, reach_of(history_));
    return Answer(std::move(response));
  }
};

// Where a list of attempts stands: behind one, of a record of the event.
struct AttemptCursor {
  std::size_t record = 0;
  std::int64_t offset = -1;

  std::string text() const { return std::to_string(record) + "-" + std::to_string(offset); }
  static std::optional<AttemptCursor> parse(std::string_view text) {
    const std::size_t dash = text.find('-');
    if (dash == text.npos) return std::nullopt;
    const auto record = parse_whole<std::size_t>(text.substr(0, dash));
    const auto offset = parse_whole<std::int64_t>(text.substr(dash + 1));
    return record && offset ? std::optional(AttemptCursor{*record, *offset}) : std::nullopt;
  }
};

class AttemptListing final : public OfEvent {
 public:
  AttemptListing(const Call& call, Services& services, std::size_t limit, AttemptCursor cursor)
      : OfEvent(call, services), limit_(limit), cursor_(cursor) {}

 private:
  Result<Answer> answer(const Found& found, SteadyTime) override {
    Page page(limit_, services_);
    while (cursor_.record < found.records.size()) {
      const history::Place place = found.records[cursor_.record].place;
      const auto rows =
          history_.look([&](Lookup& lookup) { return lookup.attempts_of(place, cursor_.offset, kRowsAtOnce); });
      if (!rows) return Answer(not_ready(rows.error()));
      for (const history::AttemptRow& row : *rows)
        if (!add(page, found, row)) return Answer(std::move(page).answer(cursor_.text(), reach_of(history_)));
      if (rows->size() < kRowsAtOnce) cursor_ = {cursor_.record + 1, -1};
    }
    return Answer(std::move(page).answer(std::nullopt, reach_of(history_)));
  }
  // Those of other tenants' deliveries are not this one's to see. False: the page is full.
  bool add(Page& page, const Found& found, const history::AttemptRow& row) {
    cursor_.offset = row.offset;
    const auto of = std::ranges::find_if(found.deliveries, [&](const ShownDelivery& one) {
      return one.row.event == row.event && one.row.id == row.delivery;
    });
    if (of != found.deliveries.end()) page.add(attempt_json(row, of->row.endpoint));
    return !page.full();
  }

  const std::size_t limit_;
  AttemptCursor cursor_;
};

}  // namespace

Begun list_events(const Call& call, Services& services) {
  const auto query = event_query(call);
  if (!query) return fail(query.error());
  if (!services.history) return at_once(no_history());
  if (query->filter.text && !services.history->has_texts())
    return fail(Code::invalid, "the words of payloads are not kept here: history.payload_text = true keeps them",
                "text");
  return std::make_unique<EventListing>(services, *query, false);
}

Begun show_conversation(const Call& call, Services& services) {
  auto query = event_query(call);
  if (!query) return fail(std::move(query.error()));
  if (!services.history) return at_once(no_history());
  query->filter.conversation = call.path("id").value_or("");
  return std::make_unique<EventListing>(services, *query, true);
}

Begun show_event(const Call& call, Services& services) {
  if (!services.history) return at_once(no_history());
  return std::make_unique<EventShown>(call, services);
}

Begun list_attempts(const Call& call, Services& services) {
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  const auto after = call.query("after").value_or("");
  const auto cursor = after.empty() ? AttemptCursor{} : AttemptCursor::parse(after);
  if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", "after");
  if (!services.history) return at_once(no_history());
  return std::make_unique<AttemptListing>(call, services, *limit, *cursor);
}

}  // namespace certes::api
