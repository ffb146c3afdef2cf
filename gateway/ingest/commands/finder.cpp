#include "gateway/ingest/commands/finder.hpp"

#include <charconv>

#include "common/event/command.hpp"
#include "common/log/names.hpp"
#include "common/log/scan.hpp"

namespace certes::gateway::commands {
namespace {

namespace names = log::names;

constexpr std::size_t kReadMax = 512;
// Between the gateway's clock and the log's: first a little, then as much as is bearable.
constexpr std::int64_t kNear = 2'000, kFar = 15 * 60'000;
// From the making of an id to its append.
constexpr std::int64_t kAppending = 10'000;

std::int64_t number(std::string_view text) {
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

UnixMillis time_of_id(std::string_view id) {
  static constexpr std::string_view kPrefix = "evt_";
  static constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  if (!id.starts_with(kPrefix) || id.size() != kPrefix.size() + 26) return 0;
  UnixMillis time = 0;
  for (std::size_t i = kPrefix.size(); i < id.size(); ++i) {
    const std::size_t digit = kAlphabet.find(id[i]);
    if (digit == std::string_view::npos) return 0;
    if (i < kPrefix.size() + 10) time = time * 32 + static_cast<UnixMillis>(digit);
  }
  return time;
}

std::size_t Finder::Known::bytes() const {
  return 512 + (found.command ? found.command->size() : 0) + (found.result ? found.result->size() : 0);
}

// Nothing more can come: a command that has succeeded is not replayed, and its attempt has been seen.
bool Finder::Known::over() const {
  return found.attempts > 0 && found.result && found.result->headers.get("ce_commandstatus") == event::kSucceeded;
}

// One search: its deadline, and how the log is read.
struct Finder::Search {
  log::Log& log;
  std::chrono::steady_clock::time_point deadline;
  std::string_view id;

  Millis left() const {
    const auto rest = std::chrono::duration_cast<Millis>(deadline - std::chrono::steady_clock::now());
    return std::max(rest, Millis{1});
  }

  // From `at`, which moves along, to where the partition ends now.
  Result<void> scan(log::Topic topic, std::int32_t partition, std::int64_t& at, const log::VisitRecord& visit) const {
    const auto range = log.offsets(topic, partition, left());
    if (!range) return fail(Code::unavailable, range.error().message);
    at = std::max(at, range->start);
    const auto late = [this](bool) -> std::optional<Error> {
      if (std::chrono::steady_clock::now() <= deadline) return std::nullopt;
      return Error(Code::timeout, "there is more on the log than can be read in time: ask again");
    };
    const auto enough = log::scan(log, {topic, partition, range->end, kReadMax}, at, visit, late);
    if (!enough) return fail(enough.error());
    return {};
  }

  // Looks for the command in one partition, where the log's clock says that it may be.
  Result<bool> locate(std::int32_t partition, UnixMillis from, UnixMillis until, Known& known) const {
    const auto start = log.offset_at(log::Topic::events, partition, from, left());
    if (!start) return fail(Code::unavailable, start.error().message);
    std::int64_t at = *start;
    auto done = scan(log::Topic::events, partition, at, [&](const log::RecordPtr& record) {
      const auto& headers = record->headers;
      if (headers.get(names::kId) == id && headers.get(names::kKind) == "command" && !headers.find(names::kReplay))
        known.found.command = record;
      return !known.found.command && record->appended_at <= until;
    });
    if (!done) return fail(std::move(done.error()));
    known.events_at = at;
    return known.found.command != nullptr;
  }

  Result<void> locate_anywhere(UnixMillis made_at, Known& known) const {
    const std::int32_t partitions = log.partitions();
    const std::int32_t own = event::command_partition(id, partitions);
    for (const std::int64_t slack : {kNear, kFar}) {
      for (std::int32_t i = 0; i < partitions; ++i) {
        const std::int32_t partition = (own + i) % partitions;
        const auto found = locate(partition, made_at - slack, made_at + slack + kAppending, known);
        if (!found) return fail(found.error());
        if (*found) return {};
        if (slack == kNear && i == 0 && partitions > 1) break;  // elsewhere only if there were fewer partitions then
      }
    }
    return fail(Code::not_found, "there is no command " + std::string(id));
  }

  Result<void> look_for_result(Known& known) const {
    const log::StoredRecord& command = *known.found.command;
    const std::string source = event::result_source(command.headers.find(names::kTenant).value_or("default"));
    return scan(log::Topic::events, command.partition, known.events_at, [&](const log::RecordPtr& record) {
      const auto& headers = record->headers;
      if (headers.get("ce_causeid") == id && headers.get(names::kKind) == "result" &&
          headers.get("ce_source") == source && newer(known.found.result, *record))
        known.found.result = record;
      return true;
    });
  }

  // The first that has its name; later ones only of replays.
  static bool newer(const log::RecordPtr& known, const log::StoredRecord& record) {
    return !known || known->headers.get("ce_id") != record.headers.get("ce_id");
  }

  Result<void> count_attempts(Known& known) const {
    const log::StoredRecord& command = *known.found.command;
    if (known.attempts_at == log::kNoOffset) {
      const auto start = log.offset_at(log::Topic::attempts, command.partition, command.appended_at - kNear, left());
      if (!start) return fail(Code::unavailable, start.error().message);
      known.attempts_at = *start;
    }
    return scan(log::Topic::attempts, command.partition, known.attempts_at, [&](const log::RecordPtr& record) {
      const auto& headers = record->headers;
      const std::int64_t term = number(headers.get(names::kTerm));
      if (term < known.term) return true;  // void
      known.term = term;
      if (headers.get(names::kId) == id)
        known.found.attempts =
            std::max(known.found.attempts, static_cast<std::uint32_t>(number(headers.get(names::kAttempt))));
      return true;
    });
  }
};

Result<FoundCommand> Finder::find(std::string_view tenant, std::string_view id) {
  const UnixMillis made_at = time_of_id(id);
  if (made_at == 0) return fail(Code::not_found, "there is no command " + std::string(id.substr(0, 80)));
  const Search search{log_, std::chrono::steady_clock::now() + limit_, id};
  Known known = recall(id);
  Result<void> done;
  if (!known.found.command) done = search.locate_anywhere(made_at, known);
  if (done && !known.over()) {
    done = search.look_for_result(known);
    if (done) done = search.count_attempts(known);
  }
  if (known.found.command) remember(id, known);
  if (!done) return fail(std::move(done.error()));
  if (known.found.command->headers.find(names::kTenant).value_or("default") != tenant)
    return fail(Code::not_found, "there is no command " + std::string(id));
  return std::move(known.found);
}

Finder::Known Finder::recall(std::string_view id) {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(id);
  return found == known_.end() ? Known() : found->second;
}

void Finder::remember(std::string_view id, const Known& known) {
  const std::lock_guard lock(mutex_);
  const auto [place, fresh] = known_.try_emplace(std::string(id));
  if (fresh)
    order_.emplace_back(id);
  else
    bytes_ -= place->second.bytes();
  // Of two searches at once, the one that has read further.
  if (known.events_at >= place->second.events_at && known.attempts_at >= place->second.attempts_at)
    place->second = known;
  bytes_ += place->second.bytes();
  for (; bytes_ > remembered_bytes_ && !order_.empty(); order_.pop_front()) {
    const auto oldest = known_.find(order_.front());
    bytes_ -= oldest->second.bytes();
    known_.erase(oldest);
  }
}

}  // namespace certes::gateway::commands
