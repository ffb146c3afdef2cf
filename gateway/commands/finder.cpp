#include "gateway/commands/finder.hpp"

#include <charconv>
#include <limits>

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
// Where a partition was looked through until after the time in which it may come: nothing more can.
constexpr std::int64_t kNothingMore = std::numeric_limits<std::int64_t>::max();

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
  // `anew`: another log has taken its place.
  Result<void> scan(log::Topic topic, std::int32_t partition, std::int64_t& at, const log::VisitRecord& visit,
                    const std::function<void()>& anew = {}) const {
    const auto range = log.offsets(topic, partition, left());
    if (!range) return fail(Code::unavailable, range.error().message);
    if (at > range->end && anew) anew();
    if (at < range->start || at > range->end) at = range->start;  // trimmed, or another log has taken its place
    const auto late = [this](bool) -> std::optional<Error> {
      if (std::chrono::steady_clock::now() <= deadline) return std::nullopt;
      return Error(Code::timeout, "there is more on the log than can be read in time: ask again");
    };
    const auto enough = log::scan(log, {topic, partition, range->end, kReadMax}, at, visit, late);
    if (!enough) return fail(enough.error());
    return {};
  }

  // Looks for the command in one partition, where the log's clock says that it may be, and from `at` on where it has
  // looked before.
  Result<bool> locate(std::int32_t partition, UnixMillis made_at, std::int64_t slack, std::int64_t& at,
                      Known& known) const {
    if (at == kNothingMore) return false;
    if (at == log::kNoOffset) {
      const auto start = log.offset_at(log::Topic::events, partition, made_at - slack, left());
      if (!start) return fail(Code::unavailable, start.error().message);
      at = *start;
    }
    bool late = false;
    auto done = scan(log::Topic::events, partition, at, [&](const log::RecordPtr& record) {
      const auto& headers = record->headers;
      if (headers.get(names::kId) == id && headers.get(names::kKind) == "command" && !headers.find(names::kReplay))
        known.found.command = record;
      late = record->appended_at > made_at + slack + kAppending;
      return !known.found.command && !late;
    });
    if (!done) return fail(std::move(done.error()));
    known.events_at = at;
    if (late) at = kNothingMore;
    return known.found.command != nullptr;
  }

  Result<void> locate_anywhere(UnixMillis made_at, Looked& looked, Known& known) const {
    const std::int32_t partitions = log.partitions();
    const std::int32_t own = event::command_partition(id, partitions);
    auto found = locate(own, made_at, kNear, looked.near, known);
    // Elsewhere only if there were fewer partitions then.
    looked.far.resize(static_cast<std::size_t>(partitions), log::kNoOffset);
    for (std::int32_t i = 0; i < partitions && found && !*found; ++i) {
      const std::int32_t partition = (own + i) % partitions;
      found = locate(partition, made_at, kFar, looked.far[static_cast<std::size_t>(partition)], known);
    }
    if (!found) return fail(found.error());
    if (*found) return {};
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
      known.terms = log::Terms::from(*start, 0);
      known.attempts_at = known.terms.begin();
    }
    const auto count = [&](const log::RecordPtr& record) {
      const auto& headers = record->headers;
      if (known.terms.counts(*record) && headers.get(names::kId) == id)
        known.found.attempts =
            std::max(known.found.attempts, static_cast<std::uint32_t>(number(headers.get(names::kAttempt))));
      return true;
    };
    return scan(log::Topic::attempts, command.partition, known.attempts_at, count, [&] { known.terms = {}; });
  }
};

Result<FoundCommand> Finder::find(std::string_view tenant, std::string_view id) {
  const UnixMillis made_at = time_of_id(id);
  if (made_at == 0) return fail(Code::not_found, "there is no command " + std::string(id.substr(0, 80)));
  const Search search{log_, std::chrono::steady_clock::now() + limit_, id};
  Lock lock(mutex_);
  Known known = found_.recall(id);
  Looked looked = absent_.recall(id);
  lock.unlock();
  Result<void> done;
  if (!known.found.command) done = search.locate_anywhere(made_at, looked, known);
  if (done && !known.over()) {
    done = search.look_for_result(known);
    if (done) done = search.count_attempts(known);
  }
  lock.lock();
  if (known.found.command)
    remember(id, known);
  else
    absent_.remember(id, std::move(looked));
  lock.unlock();
  if (!done) return fail(std::move(done.error()));
  if (known.found.command->headers.find(names::kTenant).value_or("default") != tenant)
    return fail(Code::not_found, "there is no command " + std::string(id));
  return std::move(known.found);
}

// Of two searches at once, the one that has read further.
void Finder::remember(std::string_view id, const Known& known) {
  const Known before = found_.recall(id);
  if (known.events_at >= before.events_at && known.attempts_at >= before.attempts_at) found_.remember(id, known);
}

}  // namespace certes::gateway::commands
