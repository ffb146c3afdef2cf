#pragma once
// Notices: the events about Certes (types whose first word is certes), made alike by every process, so that what
// several of them say of one cause has one (source, id), and de-duplication keeps the first. One about a delivery
// belongs to the delivery and its kind; one about an endpoint or a source to it, its kind and the ten minutes in which
// it was said. Who: dispatcher and gateway (publish), registry (their types). Pure functions; any thread.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/event/event.hpp"

namespace certes::event {

enum class NoticeKind : std::uint8_t {
  delivery_dead_lettered,
  dead_letter_exhausted,
  endpoint_disabled,
  endpoint_enabled,
  endpoint_failing,
  endpoint_recovered,
  breaker_opened,
  breaker_closed,
  filter_failing,
  source_failing,
  ingest_rejected,
  loop_detected,
  log_lost,
  replay_failed,
};
inline constexpr std::size_t kNoticeKinds = 14;
// "certes.delivery.dead_lettered"
std::string_view type_of(NoticeKind kind);
NoticeKind notice_kind_at(std::size_t index);  // below kNoticeKinds
// What its data is: a JSON Schema, as compact JSON with its members sorted.
std::string notice_schema(NoticeKind kind);

// The metric of who publishes them.
inline constexpr std::string_view kNoticesLost = "certes_error_events_lost_total";
inline constexpr std::string_view kNoticesLostHelp =
    "Events about Certes that the log did not take, or that became dead letters";

// What it tells. What is not set is not in its data. Texts of others are cut and made valid UTF-8.
struct Notice {
  struct Of {  // an event
    std::string_view id, type, source, subject;
  };
  NoticeKind kind;
  std::string_view tenant;             // whose it is
  std::string_view endpoint = {};      // of whom it tells: its id
  std::string_view source = {};        // the same
  std::string_view subscription = {};  // the same, and before the endpoint
  std::optional<Of> event = {};
  std::string_view delivery = {};
  std::optional<std::uint32_t> attempts = {}, replays = {};
  std::string_view rule = {}, error = {};
  int status = 0;
  UnixMillis since = 0;
  std::optional<std::int32_t> partition = {};  // of `events`
  std::optional<std::int64_t> records = {};    // that are lost
  std::string_view job = {};                   // of whom it tells: its id
  std::optional<std::int64_t> done = {}, left = {};
};

// The source of a tenant's notices.
std::string notice_source(std::string_view tenant);

// `once`: what makes it one of its kind and of what it tells of; two with the same are one event. `id`: evt_….
// Its partition key is the id of the endpoint, source or job.
Event notice_event(const Notice& notice, std::string_view once, std::string id, UnixMillis now);
// The same of a delivery: `once` is the delivery. Cause and conversation are those of the event, as are its hops; it
// goes to the event's partition.
log::Record delivery_notice_record(const Notice& notice, const log::StoredRecord& event, std::string id,
                                   UnixMillis now);

// The ten minutes that a time is in, as the text of their beginning.
inline constexpr Millis kNoticeSpan{600'000};
std::string notice_span(UnixMillis at);

}  // namespace certes::event
