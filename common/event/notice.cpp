#include "common/event/notice.hpp"

#include <nlohmann/json.hpp>

#include "common/event/hops.hpp"

namespace certes::event {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostText = 1'024;  // of each text of others
constexpr std::string_view kApi = "/api/v1";

// Which members a kind has besides its tenant: `needs` always, `may` where there are any.
struct Shape {
  std::string_view type, what;
  std::string_view needs, may;  // names, with spaces between
};
constexpr std::array<Shape, kNoticeKinds> kShapes = {{
    {"certes.delivery.dead_lettered", "A delivery became a dead letter", "delivery attempts rule url",
     "endpoint event error status"},
    {"certes.dead_letter.exhausted",
     "A delivery became a dead letter that is not sent again by itself: it was as often as its back-off policy says",
     "delivery attempts replays rule url", "endpoint event error status"},
    {"certes.endpoint.disabled", "An endpoint was disabled", "endpoint since url", "rule"},
    {"certes.endpoint.enabled", "An endpoint is disabled no more", "endpoint since url", ""},
    {"certes.endpoint.failing", "An endpoint has done nothing but fail for a minute", "endpoint since error url",
     "status"},
    {"certes.endpoint.recovered", "An endpoint that was failing works again", "endpoint since url", ""},
    {"certes.breaker.opened", "The breaker of an endpoint has opened: it gets a probe now and then, and nothing else",
     "endpoint url", ""},
    {"certes.breaker.closed", "The breaker of an endpoint is closed again", "endpoint url", ""},
    {"certes.subscription.filter_failing",
     "The filter of a subscription fails on more than one in a hundred of the events that it is asked about",
     "subscription endpoint event error url", ""},
    {"certes.source.failing", "A source cannot work", "source error url", ""},
    {"certes.ingest.rejected", "What a source sent was refused", "source rule error url", ""},
    {"certes.loop.detected", "An event that had been here too often was refused", "error", "source url"},
    {"certes.log.lost", "Records of the log, or what was open of them, are lost", "partition records error", ""},
    {"certes.replay.failed", "A job that sends again cannot go on", "job done error url", "endpoint left"},
}};

const Shape& shape_of(NoticeKind kind) { return kShapes[static_cast<std::size_t>(kind)]; }

template <class Take>
void each_name(std::string_view names, Take take) {
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find(' '));
    take(name);
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
}

Json member_schema(std::string_view name) {
  for (const char* const number : {"attempts", "replays", "records", "partition", "done", "left"})
    if (name == number) return {{"type", "integer"}, {"minimum", 0}};
  if (name == "status") return {{"type", "integer"}, {"minimum", 100}, {"maximum", 999}};
  if (name == "since") return {{"type", "string"}, {"format", "date-time"}};
  if (name != "event") return {{"type", "string"}};
  Json members = Json::object();
  for (const char* const one : {"id", "type", "source", "subject"}) members[one] = {{"type", "string"}};
  return {{"type", "object"}, {"properties", members}, {"required", {"id"}}};
}

void add(Json& to, const char* name, std::string_view text) {
  if (!text.empty()) to[name] = text.substr(0, kMostText);
}

std::string url_of(const Notice& notice) {
  const auto path = [](std::string_view kind, std::string_view id) {
    return std::string(kApi).append(1, '/').append(kind).append(1, '/').append(id);
  };
  if (!notice.job.empty()) return path("jobs", notice.job);
  if (!notice.delivery.empty()) return path("dead-letters", notice.delivery);
  if (!notice.subscription.empty()) return path("subscriptions", notice.subscription);
  if (!notice.endpoint.empty()) return path("endpoints", notice.endpoint);
  return notice.source.empty() ? std::string() : path("sources", notice.source);
}

std::string data_of(const Notice& notice) {
  Json data = {{"tenant", notice.tenant}};
  add(data, "endpoint", notice.endpoint);
  add(data, "source", notice.source);
  add(data, "subscription", notice.subscription);
  if (notice.event) {
    Json& event = data["event"] = Json::object();
    add(event, "id", notice.event->id);
    add(event, "type", notice.event->type);
    add(event, "source", notice.event->source);
    add(event, "subject", notice.event->subject);
  }
  add(data, "delivery", notice.delivery);
  if (notice.attempts) data["attempts"] = *notice.attempts;
  if (notice.replays) data["replays"] = *notice.replays;
  add(data, "rule", notice.rule);
  add(data, "error", notice.error);
  if (notice.status != 0) data["status"] = notice.status;
  if (notice.since != 0) data["since"] = format_rfc3339(notice.since);
  if (notice.partition) data["partition"] = *notice.partition;
  if (notice.records) data["records"] = *notice.records;
  add(data, "job", notice.job);
  if (notice.done) data["done"] = *notice.done;
  if (notice.left) data["left"] = *notice.left;
  add(data, "url", url_of(notice));
  return data.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string_view subject_of(const Notice& notice) {
  if (!notice.job.empty()) return notice.job;
  if (!notice.subscription.empty()) return notice.subscription;
  return notice.endpoint.empty() ? notice.source : notice.endpoint;
}

std::string joined(std::string_view type, std::string_view of, std::string_view once) {
  std::string id(type);
  if (!of.empty()) id.append(1, '/').append(of);
  return id.append(1, '/').append(once);
}

}  // namespace

std::string_view type_of(NoticeKind kind) { return shape_of(kind).type; }

NoticeKind notice_kind_at(std::size_t index) { return static_cast<NoticeKind>(index); }

std::string notice_schema(NoticeKind kind) {
  const Shape& shape = shape_of(kind);
  nlohmann::json schema = {
      {"description", shape.what}, {"type", "object"}, {"properties", {{"tenant", {{"type", "string"}}}}}};
  nlohmann::json required = {"tenant"};
  const auto know = [&](std::string_view name) { schema["properties"][std::string(name)] = member_schema(name); };
  each_name(shape.needs, know);
  each_name(shape.may, know);
  each_name(shape.needs, [&](std::string_view name) { required.push_back(name); });
  schema["required"] = required;
  return schema.dump();
}

std::string notice_source(std::string_view tenant) { return std::string("urn:certes:").append(tenant) + "/notices"; }

Event notice_event(const Notice& notice, std::string_view once, std::string id, UnixMillis now) {
  const std::string_view of = subject_of(notice);
  Event made;
  made.id = std::move(id);
  made.type = type_of(notice.kind);
  made.client_id = joined(made.type, notice.delivery.empty() ? of : std::string_view(), once);
  made.client_gave_id = true;
  made.tenant = notice.tenant;
  made.source = notice_source(notice.tenant);
  made.subject = of;
  made.time = format_rfc3339(now);
  made.partition_key = of.empty() ? made.type : of;
  made.conversation_id = made.id;
  made.data_content_type = "application/json";
  made.data = data_of(notice);
  return made;
}

log::Record delivery_notice_record(const Notice& notice, const log::StoredRecord& event, std::string id,
                                   UnixMillis now) {
  Event made = notice_event(notice, notice.delivery, std::move(id), now);
  made.partition_key.clear();
  const log::Headers& from = event.headers;
  if (notice.event) {
    made.cause_id = notice.event->id;
    made.conversation_id = from.find("ce_conversationid").value_or(notice.event->id);
  }
  if (const auto hops = from.find(kHops)) made.hops = read_hops(*hops).value_or(kMaxHops);
  log::Record record = to_record(std::move(made));
  record.key.reset();  // it goes to the event's partition
  return record;
}

std::string notice_span(UnixMillis at) { return format_rfc3339(at - at % kNoticeSpan.count()); }

}  // namespace certes::event
