// A program that opens an embedded log and does what its arguments say, a line of output for each. The tests run it
// where a fault, another user or a kill -9 is wanted: those need a process of their own.
//
//   log_program DIRECTORY ACTION…
//   nobody              goes on as a user without rights (root alone can)
//   open                opens the log                      → open ok | open CODE MESSAGE
//   close               closes it
//   append, append=N    appends one record (of N bytes), waits → append OUTCOME OFFSET | append refused CODE MESSAGE
//   identified=ID       appends an event of that identity  → identified OUTCOME OFFSET | identified duplicate
//   commit=N, committed commits offset N of events; asks   → commit ok | commit refused; committed N
//   pump                appends for ever                   → one line "OFFSET" per acknowledged record
//   health              asks                               → health ok | health CODE MESSAGE
//   sick                waits until health is not ok, says it
//   count               reads from the start               → count N
//   reserve=N, keep=S   before open: store.reserve_bytes, events.retention_seconds
//   fill=N              appends records of N bytes until one is refused for the reserve → fill busy | fill OUTCOME
//   finish              commits the end of events: all is delivered                     → finish ok
//   takes=N             tries until a record of N bytes is persisted, at most 20 s      → takes yes | takes no MESSAGE
//   lines               what the engine logs from here on is told                       → line TEXT
//   fault=LINE          writes LINE to CERTES_FAULTS       (fault= alone: no fault)

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "common/base/seconds.hpp"
#include "common/base/wake_signal.hpp"
#include "common/log/sqlite/sqlite_log.hpp"

namespace certes::log {
namespace {

constexpr Millis kPatience{5'000};

const char* word(AppendOutcome outcome) {
  switch (outcome) {
    case AppendOutcome::persisted: return "persisted";
    case AppendOutcome::not_persisted: return "not_persisted";
    case AppendOutcome::unknown: return "unknown";
  }
  return "?";
}

void say(const std::string& line) {
  std::fputs((line + "\n").c_str(), stdout);
  std::fflush(stdout);
}

std::string text(const Error& error) { return std::string(to_string(error.code)) + " " + error.message; }

struct NoHandler final : MemberHandler {
  void on_assigned(const std::vector<std::int32_t>&) override {}
  void on_revoked(const std::vector<std::int32_t>&) override {}
  void on_lost(const std::vector<std::int32_t>&) override {}
};

class Program {
 public:
  explicit Program(std::string directory) : directory_(std::move(directory)) {}

  void act(const std::string& action) {
    if (action == "nobody")
      become_nobody();
    else if (action == "open")
      open();
    else if (action == "close")
      close();
    else if (action == "append")
      append(5);
    else if (action.starts_with("append="))
      append(std::stoul(action.substr(7)));
    else if (action.starts_with("identified="))
      identified(action.substr(11));
    else if (action.starts_with("commit="))
      commit("commit", std::stoll(action.substr(7)));
    else if (action == "committed")
      committed();
    else if (action == "pump")
      pump();
    else if (action == "health")
      health();
    else if (action == "sick")
      sick();
    else if (action == "count")
      count();
    else if (action.starts_with("reserve="))
      options_.reserve_bytes = std::stoll(action.substr(8));
    else if (action.starts_with("keep="))
      options_.retention.events = millis_of(std::stod(action.substr(5)));
    else if (action.starts_with("fill="))
      fill(std::stoul(action.substr(5)));
    else if (action == "finish")
      finish();
    else if (action.starts_with("takes="))
      takes(std::stoul(action.substr(6)));
    else if (action == "lines")
      spdlog::set_level(spdlog::level::info);
    else if (action.starts_with("fault="))
      std::ofstream(std::getenv("CERTES_FAULTS")) << action.substr(6) << "\n";
    else
      say("no such action: " + action);
  }

 private:
  static void become_nobody() {
    constexpr unsigned kNobody = 65'534;
    if (::geteuid() == 0 &&
        (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0))
      std::abort();
  }
  void open() {
    sqlite::Options options = options_;
    options.directory = directory_;
    auto opened = sqlite::open(std::move(options), clock_);
    if (!opened.has_value()) return say("open " + text(opened.error()));
    log_ = std::move(opened.value());
    AppenderOptions patient;
    patient.deadline = Millis(0);
    appender_ = log_->appender(patient, [this] { bell_.wake(); });
    say("open ok");
  }
  void close() {
    appender_.reset();
    log_.reset();
    say("close");
  }
  Result<AppendResult> try_append(std::size_t bytes) {
    Record record;
    record.value.assign(bytes, 'v');
    return try_append(std::move(record));
  }
  Result<AppendResult> try_append(Record&& record) {
    std::optional<AppendResult> done;
    auto taken = appender_->append(Topic::events, 0, std::move(record),
                                   [&](AppendResult&& result) { done = std::move(result); });
    if (!taken.has_value()) return fail(taken.error());
    appender_->flush();
    while (!done) {
      bell_.wait(kPatience);
      appender_->poll();
    }
    return std::move(*done);
  }
  void identified(const std::string& id) {
    Record record;
    record.headers.add("certes-id", id);
    record.identity = {1, std::hash<std::string>{}(id)};
    const auto result = try_append(std::move(record));
    if (!result.has_value()) return say("identified refused " + text(result.error()));
    if (!result->duplicate_of.empty()) return say("identified duplicate");
    say(std::string("identified ") + word(result->outcome) + " " + std::to_string(result->offset));
  }
  void append(std::size_t bytes) {
    const auto result = try_append(bytes);
    if (!result.has_value()) return say("append refused " + text(result.error()));
    say(std::string("append ") + word(result->outcome) + " " +
        (result->outcome == AppendOutcome::persisted ? std::to_string(result->offset) : text(result->error)));
  }
  void fill(std::size_t bytes) {
    while (true) {
      const auto result = try_append(bytes);
      if (!result.has_value()) return say("fill " + std::string(to_string(result.error().code)));
      if (result->outcome != AppendOutcome::persisted) return say("fill " + text(result->error));
    }
  }
  void finish() { commit("finish", log_->offsets(Topic::events, 0, kPatience)->end); }
  void commit(const std::string& action, std::int64_t offset) {
    NoHandler handler;
    const auto member = log_->join(handler, [this] { bell_.wake(); });
    std::optional<Result<void>> done;
    if (!member->poll().has_value()) return say(action + ": no member");
    member->commit(0, {offset, {}}, [&](const Result<void>& result) { done = result; });
    while (!done && member->poll().has_value()) bell_.wait(Millis(2));
    say(action + (done && done->has_value() ? " ok" : " refused"));
  }
  void committed() {
    NoHandler handler;
    const auto member = log_->join(handler, [this] { bell_.wake(); });
    std::optional<Result<Committed>> done;
    member->committed(0, [&](Result<Committed> result) { done = std::move(result); });
    while (!done && member->poll().has_value()) bell_.wait(Millis(2));
    say("committed " + (done && done->has_value() ? std::to_string((*done)->offset) : "refused"));
  }
  // Space is looked for, and what is old deleted, by the engine's threads.
  void takes(std::size_t bytes) {
    const auto until = clock_.now() + std::chrono::seconds(20);
    std::string why;
    while (clock_.now() < until) {
      const auto result = try_append(bytes);
      if (result.has_value() && result->outcome == AppendOutcome::persisted) return say("takes yes");
      why = text(result.has_value() ? result->error : result.error());
      bell_.wait(Millis(2));
    }
    say("takes no " + why);
  }
  void pump() {
    while (true) {
      for (int i = 0; i < 20; ++i) {
        Record record;
        record.value.assign(640, 'p');
        const auto taken = appender_->append(Topic::events, 0, std::move(record), [](AppendResult&& result) {
          if (result.outcome == AppendOutcome::persisted) say(std::to_string(result.offset));
        });
        if (!taken.has_value()) std::abort();
      }
      appender_->flush();
      bell_.wait(kPatience);
      appender_->poll();
    }
  }
  void health() {
    const auto state = log_->health();
    say("health " + (state.has_value() ? "ok" : text(state.error())));
  }
  // The checkpoint is another thread's.
  void sick() {
    const auto until = clock_.now() + std::chrono::seconds(20);
    while (log_->health().has_value() && clock_.now() < until) bell_.wait(Millis(2));
    health();
  }
  void count() {
    const auto reader = log_->reader(Topic::events, 0, kLogStart, [] {});
    std::vector<RecordPtr> records;
    auto got = reader->read(1'000, records);
    while (got.has_value() && *got > 0) got = reader->read(1'000, records);
    if (!got.has_value()) return say("count " + text(got.error()));
    say("count " + std::to_string(records.size()));
  }

  const std::string directory_;
  sqlite::Options options_ = [] {
    sqlite::Options options;
    options.reserve_bytes = 0;
    return options;
  }();
  SystemClock clock_;
  WakeSignal bell_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Appender> appender_;
};

}  // namespace
}  // namespace certes::log

int main(int count, char** arguments) {
  if (count < 2) return 2;
  auto lines = std::make_shared<spdlog::logger>("lines", std::make_shared<spdlog::sinks::stdout_sink_mt>());
  lines->set_pattern("line %v");
  lines->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(lines));
  spdlog::set_level(spdlog::level::off);
  certes::log::Program program(arguments[1]);
  for (int i = 2; i < count; ++i) program.act(arguments[i]);
  return 0;
}
