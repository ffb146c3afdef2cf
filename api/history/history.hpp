#pragma once
// History: an index of what became of events, beside the Master API: it follows events, attempts and dead letters, and
// answers which events there were, where they stand and how their deliveries went. All of it can be made again from the
// log: an index that is missing, damaged, of another format or of another log is, with a line. Who: Api. Reading the
// log and writing the index is a thread of its own, of low priority; the rest: any thread.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "api/history/file.hpp"
#include "api/history/lookups.hpp"
#include "common/base/clock.hpp"
#include "common/base/line_limit.hpp"
#include "common/base/mutex.hpp"
#include "common/log/log.hpp"
#include "common/metrics/metrics.hpp"

namespace certes::api::history {

class Session;

class History {
 public:
  struct Options {
    std::string directory;
    std::int64_t max_bytes = 10ll << 30;
    Millis retention = std::chrono::days(7);
    std::size_t text_bytes = 0;  // of a payload's text, that can be searched; 0: none
  };
  // Starts its thread. All outlive it.
  History(Options options, log::Log& log, const Clock& clock, metrics::Metrics& metrics);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // All that was appended until then is indexed. Nothing: it is not known yet.
  std::optional<UnixMillis> indexed_until() const { return time_of(until_); }
  // All that was appended from then on. Nothing: all that is to be.
  std::optional<UnixMillis> indexed_from() const { return time_of(from_); }
  // The same of dead letters, of which all that the log holds are to be.
  std::optional<UnixMillis> letters_from() const { return time_of(letters_from_); }
  // Whether all is indexed that is to be, of what was appended before indexed_until().
  bool is_filled() const { return filled_; }
  // Whether words of payloads can be searched.
  bool has_texts() const { return options_.text_bytes > 0; }
  // Whether something of what was erased may still stand in its files, of what was indexed before indexed_until().
  bool has_traces() const { return has_traces_; }
  // Somebody has found that it is of another log than the one that is there: it is made anew.
  void is_of_another_log() { replaced_ = true; }
  // What `look` finds. Errors: unavailable, as the index is being opened, or made anew: which it is where `look` finds
  // it damaged.
  template <class Look>
  auto look(Look look) -> Result<decltype(look(std::declval<Lookup&>()))> {
    try {
      auto lease = lookups_.take();
      if (lease) return look(*lease->operator->());
    } catch (const Failure& failure) {
      failed(failure);
    }
    return not_open();
  }

 private:
  static constexpr UnixMillis kNever = -1;
  static tl::unexpected<Error> not_open();
  static std::optional<UnixMillis> time_of(const std::atomic<UnixMillis>& at) {
    const UnixMillis known = at;
    return known == kNever ? std::nullopt : std::optional(known);
  }
  void run();
  void turn();
  void open();
  void go_on();
  void make_anew(const std::string& why);
  void close();
  void failed(const Failure& failure);
  void tell(const std::string& trouble);
  void measure();
  void pause(Millis limit);
  bool stopping();

  const Options options_;
  log::Log& log_;
  const Clock& clock_;
  metrics::Gauge behind_;
  metrics::Counter shed_texts_, shed_answers_, shed_attempts_, rebuilt_;
  Lookups lookups_;
  std::atomic<UnixMillis> until_{kNever}, from_{kNever}, letters_from_{kNever};
  std::atomic<bool> filled_{false}, has_traces_{false};
  std::atomic<bool> damaged_{false}, replaced_{false};  // somebody has found it so
  LineLimit told_;
  // The thread's.
  IndexFile file_;
  std::unique_ptr<Session> session_;
  struct Shed {
    std::uint64_t texts = 0, answers = 0, attempts = 0;
  } shed_before_;  // of the session, as counted
  Mutex mutex_;
  Condition stop_;
  bool stopping_ CERTES_GUARDED_BY(mutex_) = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace certes::api::history
