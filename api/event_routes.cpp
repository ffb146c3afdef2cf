#include "api/event_routes.hpp"

#include <algorithm>

#include "api/event_json.hpp"
#include "api/event_query.hpp"
#include "api/history/history.hpp"
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
  EventListing(Services& services, EventQuery query, bool conversation)
      : services_(services),
        history_(*services.history),
        query_(std::move(query)),
        conversation_(conversation),
        way_(way_of(query_.filter)),
        reach_(reach_of(history_)),
        deadline_(std::chrono::steady_clock::now() + services.deps.settings.api.scan_time),
        cursor_(query_.after),
        page_(query_.limit, services) {}

  std::size_t held() const override { return page_.bytes(); }

 private:
  struct Chunk {
    std::vector<EventRow> rows, wanted;
  };

  Result<Answer> go_on(SteadyTime until) override {
    for (;;) {
      auto chunk = history_.look([this](Lookup& lookup) { return read(lookup); });
      if (!chunk) return Answer(not_ready(chunk.error()));
      for (const EventRow& row : chunk->wanted) {
        if (!add(row)) return answer(cursor_.text());
      }
      if (chunk->rows.size() < kRowsAtOnce) return end();
      cursor_ = history::Cursor::behind(chunk->rows.back());
      const SteadyTime now = std::chrono::steady_clock::now();
      if (now >= deadline_) {
        services_.cut_scans.add();
        return answer(cursor_.text());
      }
      if (now >= until) return Answer();
    }
  }

  Chunk read(Lookup& lookup) {
    if (!std::exchange(begun_, true)) find_root(lookup);
    Chunk chunk{lookup.rows(way_, query_.filter, cursor_, kRowsAtOnce), {}};
    for (const EventRow& row : chunk.rows)
      if (query_.filter.matches(row) && goes_to_endpoint(lookup, row)) chunk.wanted.push_back(row);
    return chunk;
  }
  bool goes_to_endpoint(Lookup& lookup, const EventRow& row) const {
    if (!query_.filter.endpoint || way_ == history::Way::endpoint) return true;
    const auto deliveries = lookup.deliveries_of(row.tenant, row.place);
    return std::ranges::count(deliveries, *query_.filter.endpoint, &history::DeliveryRow::endpoint) > 0;
  }
  // A conversation has its first event's id, which says of itself that it is in none.
  void find_root(Lookup& lookup) {
    if (way_ != history::Way::conversation) return;
    const auto records = lookup.records_of(query_.filter.tenant, *query_.filter.conversation);
    if (records.empty() || !records.front().conversation.empty() || cursor_.has_seen(records.front())) return;
    if (query_.filter.matches(records.front()) && goes_to_endpoint(lookup, records.front())) root_ = records.front();
  }

  // False: the page is full.
  bool add(const EventRow& row) {
    if (root_ && history::Cursor::behind(row).has_seen(*root_) && !add_one(*std::exchange(root_, std::nullopt)))
      return false;
    return add_one(row);
  }
  bool add_one(const EventRow& row) {
    page_.add(event_json(row));
    cursor_ = history::Cursor::behind(row);
    any_ = true;
    return !page_.full();
  }
  Answer end() {
    if (root_ && !add_one(*std::exchange(root_, std::nullopt))) return answer(cursor_.text());
    if (conversation_ && !any_ && query_.after.at == history::Cursor{}.at)
      return not_indexed(history_, "there is no conversation " + *query_.filter.conversation);
    return answer(std::nullopt);
  }
  Answer answer(const std::optional<std::string>& next) { return std::move(page_).answer(next, reach_); }

  Services& services_;
  History& history_;
  const EventQuery query_;
  const bool conversation_;  // it is one that was asked for by its id
  const history::Way way_;
  const std::string reach_;  // when it was begun
  const SteadyTime deadline_;
  history::Cursor cursor_;
  Page page_;
  bool begun_ = false, any_ = false;
  std::optional<EventRow> root_;
};

class EventShown final : public OfEvent {
 public:
  using OfEvent::OfEvent;

 private:
  Result<Answer> answer(const Found& found, SteadyTime) override {
    const EventRow& event = found.records.front();
    auto read_back = read(event);
    if (!read_back) return fail(std::move(read_back.error()));
    if (read_back->instead) return std::move(read_back->instead);
    auto response = json_response(200, event_json(event, read_back->record.get(), found.deliveries));
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
  auto query = event_query(call);
  if (!query) return fail(std::move(query.error()));
  if (!services.history) return no_history();
  if (query->filter.text && !services.history->has_texts())
    return fail(Code::invalid, "the words of payloads are not kept here: history.payload_text = true keeps them",
                "text");
  return std::make_unique<EventListing>(services, std::move(*query), false);
}

Begun show_conversation(const Call& call, Services& services) {
  auto query = event_query(call);
  if (!query) return fail(std::move(query.error()));
  if (!services.history) return no_history();
  query->filter.conversation = call.path("id").value_or("");
  return std::make_unique<EventListing>(services, std::move(*query), true);
}

Begun show_event(const Call& call, Services& services) {
  if (!services.history) return no_history();
  return std::make_unique<EventShown>(call, services);
}

Begun list_attempts(const Call& call, Services& services) {
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  const auto after = call.query("after").value_or("");
  const auto cursor = after.empty() ? AttemptCursor{} : AttemptCursor::parse(after);
  if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", "after");
  if (!services.history) return no_history();
  return std::make_unique<AttemptListing>(call, services, *limit, *cursor);
}

}  // namespace certes::api
