#pragma once
// Interest: what a watcher asks to see, and whether a record is that. Who: gateway/stream. Pure, any thread.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

#include "common/base/result.hpp"
#include "common/log/record.hpp"

namespace certes::gateway::stream {

enum class Kind : std::uint8_t { event, command, result, log };
inline constexpr int kKinds = 4;
std::string_view to_string(Kind kind);  // "event", "command", "result", "log"

struct Interest {
  std::string tenant;
  std::uint8_t kinds = 0;     // bits 1 << Kind
  std::string pattern = "#";  // of event types, commands' names and the keys of log lines
  bool headers = false;       // event::Detail::received

  bool has(Kind kind) const { return (kinds >> static_cast<unsigned>(kind) & 1) != 0; }
  bool of_events() const { return (kinds & 7) != 0; }  // anything that stands in events
  bool operator<(const Interest& other) const {
    return std::tie(tenant, kinds, pattern, headers) <
           std::tie(other.tenant, other.kinds, other.pattern, other.headers);
  }
};

// "event,command", a pattern and "true" or "false", as in a query; empty: events, commands and results, "#", and false.
// Errors: invalid, with the parameter's name.
Result<Interest> make_interest(std::string_view tenant, std::string_view kinds, std::string_view pattern,
                               std::string_view headers = {});

// What a record of `events` is to watchers. Nothing: not to be shown (a replay; no CloudEvent).
struct Sight {
  std::string_view tenant, type;
  Kind kind = Kind::event;
};
std::optional<Sight> sight_of(const log::StoredRecord& record);

bool takes(const Interest& interest, const Sight& sight);

}  // namespace certes::gateway::stream
