#include "gateway/api/dead_letter_routes.hpp"

#include <algorithm>

#include "common/base/wake_signal.hpp"
#include "common/log/names.hpp"
#include "common/registry/json.hpp"
#include "gateway/api/dead_letters.hpp"
#include "gateway/api/repair.hpp"

namespace certes::gateway::api {
namespace {

using registry::Json;

constexpr Millis kAppendLimit{5'000};
constexpr std::size_t kMostReplayed = 1'000;

// What a replay asks for.
struct Filter {
  std::string endpoint;
  std::vector<std::string> ids;
  std::size_t limit = 100;
  DeadLetterCursor cursor;

  bool matches(const log::StoredRecord& record) const {
    if (!endpoint.empty() && record.headers.get(log::names::kEndpoint) != endpoint) return false;
    return ids.empty() || std::ranges::count(ids, id_of(record)) > 0 || std::ranges::count(ids, place_of(record)) > 0;
  }
};

Result<DeadLetterCursor> cursor_of(const std::optional<std::string>& text, const char* pointer) {
  if (!text || text->empty()) return DeadLetterCursor{};
  const auto cursor = DeadLetterCursor::parse(*text);
  if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", pointer);
  return *cursor;
}

std::string next_of(bool more, const DeadLetterCursor& cursor) {
  return more ? Json(cursor.text()).dump() : std::string("null");
}

Result<http::Response> list(const Call& call, Services& services) {
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  auto cursor = cursor_of(call.query("after"), "after");
  if (!cursor) return fail(cursor.error());
  Filter filter;
  filter.endpoint = call.query("endpoint").value_or("");
  std::string items;
  std::size_t count = 0;
  const auto more = scan_dead_letters(services.deps.log, call.tenant, *cursor, [&](const log::RecordPtr& record) {
    if (!filter.matches(*record)) return true;
    items += (count == 0 ? "" : ",") + dead_letter_json(*record, false);
    return ++count < *limit;
  });
  if (!more) return fail(more.error());
  return json_response(200, "{\"items\":[" + items + "],\"next\":" + next_of(*more, *cursor) + "}");
}

Result<log::RecordPtr> find_named(const Call& call, Services& services) {
  const std::string id = call.path("id").value_or("");
  auto found = find_dead_letter(services.deps.log, call.tenant, id);
  if (found && !*found) return fail(Code::not_found, "there is no dead-letters/" + id);
  return found;
}

// Appends all of them. Error: none, or not all, are surely there.
Result<void> append_all(log::Log& log, std::vector<log::Record>&& records) {
  const auto signal = std::make_shared<WakeSignal>();
  log::AppenderOptions options;
  const auto appender = log.appender(options, [signal] { signal->wake(); });
  std::size_t persisted = 0;
  std::size_t unknown = 0;
  std::optional<Error> error;
  for (log::Record& record : records) {
    const auto taken =
        appender->append(log::Topic::events, log::kAnyPartition, std::move(record), [&](log::AppendResult&& result) {
          persisted += result.outcome == log::AppendOutcome::persisted;
          unknown += result.outcome == log::AppendOutcome::unknown;
          if (result.outcome != log::AppendOutcome::persisted) error = std::move(result.error);
        });
    if (taken) continue;
    error = taken.error();
    break;
  }
  const auto deadline = std::chrono::steady_clock::now() + kAppendLimit;
  appender->flush();
  for (appender->poll(); appender->pending() > 0; appender->poll()) {
    if (std::chrono::steady_clock::now() > deadline) break;
    signal->wait(Millis(50));
  }
  unknown += appender->pending();
  if (persisted == records.size()) return {};
  const Code code = persisted + unknown > 0 ? Code::unknown_outcome : Code::unavailable;
  return fail(code, std::to_string(persisted) + " of " + std::to_string(records.size()) + " were appended" +
                        (error ? ": " + error->message : ""));
}

Result<http::Response> replay_one(const Call& call, Services& services) {
  const auto found = find_named(call, services);
  if (!found) return fail(found.error());
  const std::string id = services.new_id("rpl_");
  auto record = replay_of(**found, id);
  if (!record) return fail(Code::conflict, "this dead letter was for no endpoint: there is none to send it to");
  auto refused = is_quarantined(**found) ? repair(*record, call) : refuse_data(call);
  if (!refused) return fail(std::move(refused.error()));
  if (*refused) return std::move(**refused);
  std::vector<log::Record> records;
  records.push_back(std::move(*record));
  if (auto appended = append_all(services.deps.log, std::move(records)); !appended) return fail(appended.error());
  return json_response(202, Json({{"id", id}, {"status", "accepted"}, {"count", 1}}).dump());
}

Result<Filter> filter_of(const Call& call) {
  Filter filter;
  const auto json = registry::parse_json(call.request.body.empty() ? "{}" : call.request.body);
  if (!json) return fail(json.error());
  registry::Fields fields(*json, "");
  fields.text("endpoint", filter.endpoint, 128);
  fields.texts("ids", filter.ids, kMostReplayed, 128);
  fields.integer<std::size_t>("limit", filter.limit, 1, kMostReplayed);
  std::string after;
  fields.text("after", after);
  if (auto error = fields.done()) return fail(std::move(*error));
  auto cursor = cursor_of(after, "/after");
  if (!cursor) return fail(cursor.error());
  filter.cursor = *cursor;
  return filter;
}

Result<http::Response> replay_all(const Call& call, Services& services) {
  auto filter = filter_of(call);
  if (!filter) return fail(filter.error());
  const std::string id = services.new_id("rpl_");
  std::vector<log::Record> records;
  std::size_t refused = 0;  // still break their schema
  const auto more =
      scan_dead_letters(services.deps.log, call.tenant, filter->cursor, [&](const log::RecordPtr& record) {
        if (!filter->matches(*record)) return true;
        auto replay = replay_of(*record, id);
        if (replay && is_quarantined(*record) && !holds(*replay, call)) {
          ++refused;
          replay.reset();
        }
        if (replay) records.push_back(std::move(*replay));
        return records.size() < filter->limit;
      });
  if (!more) return fail(more.error());
  const std::size_t count = records.size();
  if (auto appended = append_all(services.deps.log, std::move(records)); !appended) return fail(appended.error());
  return json_response(202, "{\"id\":\"" + id + "\",\"status\":\"accepted\",\"count\":" + std::to_string(count) +
                                ",\"refused\":" + std::to_string(refused) +
                                ",\"next\":" + next_of(*more, filter->cursor) + "}");
}

}  // namespace

void add_dead_letter_routes(Routes& server, Services& services) {
  add_route(server, services, "GET", "/dead-letters", [&](const Call& call) { return list(call, services); });
  add_route(server, services, "GET", "/dead-letters/{id}", [&](const Call& call) -> Result<http::Response> {
    const auto found = find_named(call, services);
    if (!found) return fail(found.error());
    return json_response(200, dead_letter_json(**found, true));
  });
  add_route(server, services, "POST", "/dead-letters/replay",
            [&](const Call& call) { return replay_all(call, services); });
  add_route(server, services, "POST", "/dead-letters/{id}/replay",
            [&](const Call& call) { return replay_one(call, services); });
}

}  // namespace certes::gateway::api
