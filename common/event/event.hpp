#pragma once
// The event, and how it stands in a record of `events` (CloudEvents Kafka protocol binding 1.0, binary mode).
// Who: gateway (makes), dispatcher (reads), API. Plain values.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/result.hpp"
#include "common/event/json_document.hpp"
#include "common/log/record.hpp"

namespace certes::event {

inline constexpr std::size_t kMaxTypeBytes = 255;
inline constexpr std::size_t kMaxClientIdBytes = 256;

// Words of [A-Za-z0-9_/:-] joined by '.', no empty word, 1-255 bytes.
bool valid_type(std::string_view type);
// The same, or words that are just `*` or `#`.
bool valid_pattern(std::string_view pattern);

// An event on its way in. Views or strings: owned, for the record is built from it at once.
struct Event {
  std::string id;         // Certes' own: evt_ + ULID
  std::string client_id;  // ce_id; Certes' id where the client gave none
  bool client_gave_id = false;
  std::string source;  // ce_source: never empty
  std::string type;
  std::string subject;
  std::string time;  // RFC 3339; empty: when accepted
  std::string partition_key;
  std::string conversation_id;  // never empty: the event's own id if the producer named none
  std::string cause_id;
  std::string data_content_type;
  std::string traceparent;  // of version 00 (trace.hpp)
  std::string tracestate;   // travels with it
  std::string query;        // of a raw webhook
  std::string verified;     // the same: SCHEME/SOURCE; empty: nothing was verified
  std::string reply_to;     // of a command: URL that gets its result
  std::string tenant = "default";
  std::string kind = "event";
  std::uint32_t hops = 0;  // how often it has left Certes and come in again (hops.hpp)
  bool wait = false;       // its caller waits for the outcomes
  std::vector<std::pair<std::string, std::string>> extensions;  // other CloudEvents attributes, lower case names
  std::vector<std::pair<std::string, std::string>> forwarded;   // provider's headers, lower case names
  std::string data;                                             // byte for byte
  JsonValue json;  // the data in the JsonDocument it was read with; nothing: not parsed, or not exactly
};

log::Identity identity(std::string_view tenant, std::string_view source, std::string_view id);

log::Record to_record(Event&& event);

// What a dispatcher needs of a record, as views into it. A foreign record has no certes-id: `id` is then its ce_id, and
// the client gave it. Error: why it is no valid event (foreign records).
struct EventView {
  std::string_view id, client_id, source, type, tenant, kind, partition_key, content_type;
  bool client_gave_id = false;
  std::string_view replay, endpoint;  // of a replay to one endpoint
  bool wait = false;                  // a caller waits for the outcomes
};
Result<EventView> view(const log::StoredRecord& record);

// What a gateway must know of a record to answer its repeats: nothing where Certes did not write it (a foreign record,
// whose repeats dispatchers drop), where the client gave no id, and of replays.
struct Identified {
  log::Identity identity;
  std::string_view id;  // certes-id
};
std::optional<Identified> identified(const log::StoredRecord& record);

}  // namespace certes::event
