#include "api/history/history.hpp"

#include <pthread.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "api/history/session.hpp"

namespace certes::api::history {
namespace {

constexpr int kNice = 10;
constexpr Millis kIdle{200}, kAway{1'000};
constexpr const char* kReplaced = "it is of another log than the one that is there";
constexpr const char* kShed = "certes_history_shed_total";
constexpr const char* kShedIs = "What history left out of its index, because it was behind, or for want of room";

}  // namespace

History::History(Options options, log::Log& log, const Clock& clock, metrics::Metrics& metrics)
    : options_(std::move(options)),
      log_(log),
      clock_(clock),
      behind_(metrics.gauge("certes_history_behind_seconds",
                            "How far the index of what became of events is behind the log")),
      shed_texts_(metrics.counter(kShed, kShedIs, {{"what", "texts"}})),
      shed_answers_(metrics.counter(kShed, kShedIs, {{"what", "answers"}})),
      shed_attempts_(metrics.counter(kShed, kShedIs, {{"what", "attempts"}})),
      rebuilt_(metrics.counter("certes_history_rebuilt_total",
                               "How often an index could not be believed, and was made anew from the log")),
      file_(options_.directory) {
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), "certes-history");
}

History::~History() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  stop_.notify_one();
  thread_.join();
}

// Deliveries come first: of a processor that is wanted it gets little.
void History::run() {
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  while (!stopping()) {
    try {
      turn();
    } catch (const Failure& failure) {
      failed(failure);
      close();
      pause(kAway);
    }
  }
  lookups_.hold_off();
  const bool whole = session_ != nullptr && !damaged_;
  session_.reset();  // the last connection: the file is whole without what stood beside it
  if (whole) file_.close();
}

void History::turn() {
  if (damaged_.exchange(false)) return make_anew("it is damaged");
  if (replaced_.exchange(false)) return make_anew(kReplaced);
  if (session_ == nullptr) return open();
  if (!file_.is_there()) return make_anew("its file is gone");
  go_on();
}

void History::open() {
  const auto opened = file_.open([this] { return stopping(); });
  if (stopping()) return;
  if (!opened) {
    tell("no events can be looked up here: " + opened.error().message);
    return pause(kAway);
  }
  if (*opened) return make_anew(**opened);
  session_ =
      std::make_unique<Session>(file_.path(), log_, clock_, Backward::Bounds{options_.retention, options_.max_bytes},
                                TextBounds{options_.text_bytes, options_.max_bytes / 2});
  shed_before_ = {};
  lookups_.let_in(file_.path());
}

void History::go_on() {
  const Turn done = session_->turn();
  if (done == Turn::replaced) return make_anew(kReplaced);
  from_ = session_->from().value_or(kNever);
  filled_ = session_->is_filled();
  has_traces_ = session_->index().has_traces();
  letters_from_ = session_->letters_from().value_or(kNever);
  until_ = session_->until().value_or(kNever);  // after it: who sees that it is known sees how far back they are filled
  measure();
  if (done != Turn::busy) pause(done == Turn::idle ? kIdle : kAway);
}

void History::measure() {
  if (const auto until = indexed_until())
    behind_.set(static_cast<double>(std::max<UnixMillis>(0, clock_.unix_millis() - *until)) / 1'000);
  const Shed shed{session_->index().texts_left_out(), session_->index().answers_left_out(),
                  session_->index().attempts_left_out()};
  shed_texts_.add(static_cast<double>(shed.texts - shed_before_.texts));
  shed_answers_.add(static_cast<double>(shed.answers - shed_before_.answers));
  shed_attempts_.add(static_cast<double>(shed.attempts - shed_before_.attempts));
  shed_before_ = shed;
}

void History::close() {
  lookups_.hold_off();
  session_.reset();
  until_ = kNever;
  from_ = kNever;
  letters_from_ = kNever;
  filled_ = false;
}

void History::make_anew(const std::string& why) {
  spdlog::warn("history: the index in {} is made anew from the log: {}", file_.directory(), why);
  rebuilt_.add();
  close();
  file_.remove();
}

tl::unexpected<Error> History::not_open() {
  return fail(Code::unavailable, "the history of events is being made ready: ask again in a moment");
}

// Damaged: the next turn makes it anew.
void History::failed(const Failure& failure) {
  if (is_damage(failure)) {
    damaged_ = true;
    return;
  }
  tell("the index in " + options_.directory + " cannot be used: " + failure.message());
}

void History::tell(const std::string& trouble) {
  if (const auto times = told_.due(trouble, clock_.now())) spdlog::warn("history: {} ({} times)", trouble, *times);
}

void History::pause(Millis limit) {
  Lock lock(mutex_);
  stop_.wait_for(lock, limit, [this]() CERTES_REQUIRES(mutex_) { return stopping_; });
}

bool History::stopping() {
  const Lock lock(mutex_);
  return stopping_;
}

}  // namespace certes::api::history
