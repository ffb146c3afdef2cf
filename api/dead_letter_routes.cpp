#include "api/dead_letter_routes.hpp"

#include <memory>

#include "api/dead_letter_replay.hpp"
#include "api/dead_letters.hpp"
#include "api/history_answers.hpp"
#include "api/letter_index.hpp"
#include "api/page.hpp"
#include "api/steps.hpp"
#include "common/event/event.hpp"
#include "common/log/names.hpp"
#include "common/log/scan.hpp"

namespace certes::api {
namespace {

constexpr std::string_view kDeliveryId = "dlv_";

Result<DeadLetterCursor> cursor_of(const Call& call) {
  const auto text = call.query("after");
  if (!text || text->empty()) return DeadLetterCursor{};
  const auto cursor = DeadLetterCursor::parse(*text);
  if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", "after");
  return *cursor;
}

Result<registry::JobFilter> filter_of(const Call& call) {
  registry::JobFilter asked;
  const std::pair<const char*, std::string*> texts[] = {
      {"endpoint", &asked.endpoint}, {"type", &asked.type}, {"rule", &asked.rule}, {"event", &asked.event}};
  for (const auto& [name, text] : texts) *text = call.query(name).value_or("");
  if (call.query("type") && !event::valid_type(asked.type))
    return fail(Code::invalid, "is no type: words of A-Z a-z 0-9 _ / : - joined by dots", "type");
  const std::pair<const char*, UnixMillis*> times[] = {{"from", &asked.from}, {"to", &asked.to}};
  for (const auto& [name, at] : times) {
    const auto text = call.query(name);
    if (!text) continue;
    *at = parse_rfc3339(*text);
    if (*at <= 0) return fail(Code::invalid, "must be a time as RFC 3339 has it: 2026-01-31T08:00:00Z", name);
  }
  return asked;
}

std::optional<std::string> next_of(ScanEnd end, const DeadLetterCursor& cursor) {
  return end == ScanEnd::all ? std::nullopt : std::optional(cursor.text());
}

// Of a process without history: as they stand on the log.
class Listing final : public LongSteps {
 public:
  Listing(const Call& call, Services& services, registry::JobFilter asked, std::size_t limit, DeadLetterCursor cursor)
      : services_(services),
        asked_(std::move(asked)),
        delivery_(call.query("delivery").value_or("")),
        page_(limit, services),
        scan_(services.deps.log, call.tenant, scan_budget(services), std::move(cursor)) {}

  std::size_t held() const override { return page_.bytes(); }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    const auto end = scan_.go_on(until, [this](const log::RecordPtr& letter) { return take(*letter); });
    if (!end) return fail(end.error());
    if (!*end) return std::nullopt;
    if (**end == ScanEnd::budget) services_.cut_scans.add();
    return std::move(page_).answer(next_of(**end, scan_.cursor()));
  }
  bool take(const log::StoredRecord& letter) {
    const auto row = history::letter_row(letter);
    if (row && fits(asked_, letter) && (delivery_.empty() || row->delivery == delivery_))
      page_.add(dead_letter_json(*row, services_.dead_letter_ids.of(letter), std::nullopt));
    return !page_.full();
  }

  Services& services_;
  const registry::JobFilter asked_;
  const std::string delivery_;
  Page page_;
  DeadLetterScan scan_;
};

http::Response not_found_yet(const DeadLetterCursor& cursor) {
  auto response = http::problem(503, "search-incomplete", "Not looked up",
                                "there are more dead letters than one request may read: go on with ?after=NEXT, or use "
                                "the id that lists show (dl_...), by which a dead letter is found at once",
                                "id");
  response.body.pop_back();
  response.body.append(R"(,"next":)").append(json_text(cursor.text())).append("}");
  response.headers.emplace_back("Retry-After", "1");
  return response;
}

// What is done with the letter that a path names: by its id it is read where it stands. Where its delivery says it,
// that is the index's to know; without one all are read, as many as one request may.
using Then = Result<http::Response> (*)(const Call&, Services&, const log::StoredRecord&);
class Named final : public LongSteps {
 public:
  Named(const Call& call, Services& services, std::string id, DeadLetterCursor cursor, Then then)
      : call_(call),
        services_(services),
        id_(std::move(id)),
        then_(then),
        scan_(services.deps.log, call.tenant, scan_budget(services), std::move(cursor)) {}

  std::size_t held() const override { return 0; }

 private:
  Result<std::optional<http::Response>> go_on(SteadyTime until) override {
    if (!id_.starts_with(kDeliveryId)) return find_id();
    return services_.history ? look_up_delivery() : find_delivery(until);
  }
  Result<std::optional<http::Response>> look_up_delivery() {
    const auto row = indexed_letter(services_, call_.tenant, id_);
    if (!row) return std::optional(not_ready(row.error()));
    if (*row) {
      const auto [partition, offset] = (*row)->place;
      const auto letter =
          log::read_at(services_.deps.log, log::Topic::dead_letters, partition, offset, scan_budget(services_).time);
      if (!letter) return fail(letter.error());
      if (*letter && (*letter)->headers.get(log::names::kDelivery) == id_) return answer(**letter);
    }
    return fail(Code::not_found, "there is no dead letter of the delivery " + id_ + ", or it is not indexed yet");
  }
  Result<std::optional<http::Response>> find_delivery(SteadyTime until) {
    log::RecordPtr found;
    const auto end = scan_.go_on(until, [&](const log::RecordPtr& letter) {
      if (letter->headers.get(log::names::kDelivery) == id_) found = letter;
      return !found;
    });
    if (!end) return fail(end.error());
    if (found) return answer(*found);
    if (!*end) return std::nullopt;
    if (**end == ScanEnd::budget) {
      services_.cut_scans.add();
      return not_found_yet(scan_.cursor());
    }
    return fail(Code::not_found, "there is no dead letter of the delivery " + id_ + ": all were looked through");
  }
  Result<std::optional<http::Response>> find_id() {
    const DeadLetterIds& ids = services_.dead_letter_ids;
    if (const auto id = DeadLetterIds::parse(id_)) {
      const auto found = read_dead_letter(services_.deps.log, call_.tenant, ids, *id, scan_budget(services_).time);
      if (!found) return fail(found.error());
      if (*found) return answer(**found);
    }
    return fail(Code::not_found, "there is no dead letter " + id_.substr(0, 128));
  }
  Result<std::optional<http::Response>> answer(const log::StoredRecord& letter) {
    if (services_.history) {
      const auto erased = is_erased_letter(services_, history::Place{letter.partition, letter.offset});
      if (!erased) return std::optional(not_ready(erased.error()));
      if (*erased) return fail(Code::not_found, "there is no dead letter " + id_.substr(0, 128) + ": it was erased");
    }
    auto done = then_(call_, services_, letter);
    if (!done) return fail(std::move(done.error()));
    return std::move(*done);
  }

  const Call call_;
  Services& services_;
  const std::string id_;
  const Then then_;
  DeadLetterScan scan_;
};

using Begun = Result<std::unique_ptr<http::Steps>>;

Begun with_letter(const Call& call, Services& services, Then then) {
  std::string id = call.path("id").value_or("");
  auto cursor = id.starts_with(kDeliveryId) && !services.history ? cursor_of(call) : DeadLetterCursor{};
  if (!cursor) return fail(std::move(cursor.error()));
  return std::make_unique<Named>(call, services, std::move(id), std::move(*cursor), then);
}

Result<http::Response> show(const Call& call, Services& services, const log::StoredRecord& letter) {
  std::optional<history::LetterState> state;
  if (services.history) {
    const auto known = indexed_letter(services, call.tenant, history::Place{letter.partition, letter.offset});
    if (!known) return not_ready(known.error());
    if (*known) state = (*known)->state();
  }
  return json_response(200, dead_letter_json(letter, services.dead_letter_ids.of(letter), state));
}

Begun list_indexed(const Call& call, Services& services, const registry::JobFilter& asked, std::size_t limit) {
  LettersAsked letters{letter_filter(call.tenant, asked), limit};
  letters.filter.delivery = call.query("delivery");
  if (const auto state = call.query("state")) {
    letters.filter.state = history::parse_letter_state(*state);
    if (!letters.filter.state) return fail(Code::invalid, "is none of " + history::letter_states(), "state");
  }
  const auto after = call.query("after").value_or("");
  if (!after.empty()) {
    const auto cursor = history::Cursor::parse(after);
    if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", "after");
    letters.after = *cursor;
  }
  return list_letters(services, std::move(letters));
}

}  // namespace

Begun list_dead_letters(const Call& call, Services& services) {
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  auto asked = filter_of(call);
  if (!asked) return fail(std::move(asked.error()));
  if (services.history) return list_indexed(call, services, *asked, *limit);
  if (call.query("state")) return at_once(no_history());
  auto cursor = cursor_of(call);
  if (!cursor) return fail(std::move(cursor.error()));
  return std::make_unique<Listing>(call, services, std::move(*asked), *limit, std::move(*cursor));
}

Begun show_dead_letter(const Call& call, Services& services) { return with_letter(call, services, show); }

Begun replay_dead_letter(const Call& call, Services& services) { return with_letter(call, services, replay_one); }

Begun discard_dead_letter(const Call& call, Services& services) { return with_letter(call, services, discard_one); }

}  // namespace certes::api
