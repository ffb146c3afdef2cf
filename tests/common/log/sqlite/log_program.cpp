// A program that opens an embedded log and does what its arguments say, a line of output for each. The tests run it
// where a fault, another user or a kill -9 is wanted: those need a process of their own.
//
//   log_program DIRECTORY ACTION…
//   nobody              goes on as a user without rights (root alone can)
//   open                opens the log                      → open ok | open CODE MESSAGE
//   close               closes it
//   append, append=N    appends one record (of N bytes), waits → append OUTCOME OFFSET | append refused CODE MESSAGE
//   pump                appends for ever                   → one line "OFFSET" per acknowledged record
//   health              asks                               → health ok | health CODE MESSAGE
//   sick                waits until health is not ok, says it
//   count               reads from the start               → count N
//   fault=LINE          writes LINE to CERTES_FAULTS       (fault= alone: no fault)

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>

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
    else if (action == "pump")
      pump();
    else if (action == "health")
      health();
    else if (action == "sick")
      sick();
    else if (action == "count")
      count();
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
    sqlite::Options options;
    options.directory = directory_;
    options.reserve_bytes = 0;
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
  void append(std::size_t bytes) {
    bool done = false;
    Record record;
    record.value.assign(bytes, 'v');
    const auto taken = appender_->append(Topic::events, 0, std::move(record), [&](AppendResult&& result) {
      done = true;
      say(std::string("append ") + word(result.outcome) + " " +
          (result.outcome == AppendOutcome::persisted ? std::to_string(result.offset) : text(result.error)));
    });
    if (!taken.has_value()) return say("append refused " + text(taken.error()));
    appender_->flush();
    while (!done) {
      bell_.wait(kPatience);
      appender_->poll();
    }
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
  SystemClock clock_;
  WakeSignal bell_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<Appender> appender_;
};

}  // namespace
}  // namespace certes::log

int main(int count, char** arguments) {
  if (count < 2) return 2;
  certes::log::Program program(arguments[1]);
  for (int i = 2; i < count; ++i) program.act(arguments[i]);
  return 0;
}
