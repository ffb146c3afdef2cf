#pragma once
// Commands and their results on the bus: names, places and the record of a result, made alike by every process.
// A command is a record of `events` with certes-kind `command`; its result is one of kind `result` in the same
// partition: type = the command's and ".result", causeid = the command's id, its conversation unchanged. The result's
// (source, id) follows from the command alone, so that de-duplication keeps the first and drops a second.
// Who: gateway (accepts commands, posts results), dispatcher (makes results). Pure functions, any thread.

#include <cstdint>
#include <string>
#include <string_view>

#include "common/base/clock.hpp"
#include "common/event/event.hpp"
#include "common/log/record.hpp"

namespace certes::event {

inline constexpr std::string_view kResultSuffix = ".result";
inline constexpr std::size_t kMaxCommandBytes = kMaxTypeBytes - kResultSuffix.size();
// The status a result carries: ce_commandstatus.
inline constexpr std::string_view kStatusAttribute = "commandstatus";
inline constexpr std::string_view kSucceeded = "succeeded";
inline constexpr std::string_view kFailed = "failed";
// ce_commandcut: "true" where the service's answer was longer than is kept.
inline constexpr std::string_view kCutAttribute = "commandcut";

// Service.VerbObject: two or more words of [A-Za-z0-9_-] joined by '.', at most 248 bytes. Empty: it is such a name;
// else what is wrong, as the end of a sentence.
std::string_view command_flaw(std::string_view name);

// The source of a tenant's commands, and of their results: urn:certes:TENANT/… is no other's (a registered source is
// urn:certes:TENANT:ID).
std::string command_source(std::string_view tenant);
std::string result_source(std::string_view tenant);

// The partition of `events` that holds a command of this id, and its result. Precondition: partitions > 0.
std::int32_t command_partition(std::string_view id, std::int32_t partitions);

// The ce_id of a command's result. `replay`: of a replayed command, which has a result of its own; empty: none.
std::string result_name(std::string_view command_id, std::string_view replay);

struct CommandResult {
  bool succeeded = false;
  bool cut = false;          // `data` is the beginning of it
  std::string content_type;  // empty: unknown
  std::string data;
  // Of a failure that Certes states: why. Empty: the service's own words.
  std::string rule, error;
};
// As an event: all but `rule` and `error`. `id`: of the result itself, evt_….
Event result_event(const log::StoredRecord& command, std::string_view command_id, CommandResult&& result,
                   std::string id, UnixMillis now);
log::Record result_record(const log::StoredRecord& command, std::string_view command_id, CommandResult&& result,
                          std::string id, UnixMillis now);

}  // namespace certes::event
