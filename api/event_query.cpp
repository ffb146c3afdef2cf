#include "api/event_query.hpp"

#include "api/history/text.hpp"
#include "common/event/event.hpp"

namespace certes::api {
namespace {

// A time as the query has it; nothing: it is not asked for.
Result<std::optional<UnixMillis>> time_of(const Call& call, const char* name) {
  const auto text = call.query(name);
  if (!text) return std::nullopt;
  const UnixMillis at = parse_rfc3339(*text);
  if (at < 0) return fail(Code::invalid, "must be a time as RFC 3339 has it: 2026-01-31T08:00:00Z", name);
  return at;
}

Result<void> read_times(const Call& call, history::Filter& filter) {
  const auto from = time_of(call, "from"), to = time_of(call, "to");
  if (!from) return fail(from.error());
  if (!to) return fail(to.error());
  filter.from = from->value_or(filter.from);
  filter.to = to->value_or(filter.to);
  if (filter.from <= filter.to) return {};
  return fail(Code::invalid, "must not be after \"to\"", "from");
}

Result<void> read_words(const Call& call, history::Filter& filter) {
  filter.type = call.query("type");
  if (filter.type && !event::valid_type(*filter.type))
    return fail(Code::invalid, "is no type: words of A-Z a-z 0-9 _ / : - joined by dots", "type");
  filter.source = call.query("source");
  filter.source_id = call.query("source_id");
  filter.endpoint = call.query("endpoint");
  filter.conversation = call.query("conversation");
  filter.text = call.query("text");
  if (filter.text && !history::match_of(call.tenant, *filter.text))
    return fail(Code::invalid, "must have a word: letters or digits", "text");
  const auto state = call.query("state");
  if (!state) return {};
  filter.state = history::parse_event_state(*state);
  if (filter.state) return {};
  return fail(Code::invalid, "is none of " + history::event_states(), "state");
}

}  // namespace

Result<EventQuery> event_query(const Call& call) {
  EventQuery query;
  query.filter.tenant = call.tenant;
  if (auto read = read_words(call, query.filter); !read) return fail(std::move(read.error()));
  if (auto read = read_times(call, query.filter); !read) return fail(std::move(read.error()));
  const auto limit = limit_of(call);
  if (!limit) return fail(limit.error());
  query.limit = *limit;
  const auto after = call.query("after");
  if (!after || after->empty()) return query;
  const auto cursor = history::Cursor::parse(*after);
  if (!cursor) return fail(Code::invalid, "is no \"next\" of an earlier answer", "after");
  query.after = *cursor;
  return query;
}

}  // namespace certes::api
