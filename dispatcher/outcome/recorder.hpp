#pragma once
// Recorder: the only writer of outcomes: attempts, dead letters, and the results of commands before them; and what
// follows once they are acknowledged. Who: core. Confined to the core loop.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/event/event.hpp"
#include "common/http/client/sender.hpp"
#include "dispatcher/answering/tallies.hpp"
#include "dispatcher/book/book.hpp"
#include "dispatcher/core_options.hpp"
#include "dispatcher/loading/commands.hpp"
#include "dispatcher/notices/notices.hpp"
#include "dispatcher/outcome/answers.hpp"
#include "dispatcher/outcome/dead_letter.hpp"

namespace certes::dispatcher {

// How an attempt has ended.
struct Judged {
  Ending ending;
  std::string rule = {};     // what decided: with DeadLettered, and of a purge
  std::string failure = {};  // in one word: "500", "timeout"; empty: none
  Millis delay{0};           // until what comes next
  std::string worker = {};   // who answered, or did not; empty: the only one
  // With RetryAt, what decided when: "backoff" or "retry_after", and the policy's id.
  std::string_view next_by = {};
  std::string policy = {};
};

// Why a delivery comes to nothing.
struct Why {
  std::string_view rule, error;
  std::string_view answer = {};  // the endpoint's last, as far as it is known
  int status = 0;                // the same
};

class Recorder {
 public:
  // All outlive it.
  Recorder(const CoreOptions& options, Book& book, Commands& commands, Outcomes& outcomes, Observer& observer,
           Notices& notices, Tallies& tallies, const Clock& clock);

  // All of these: the delivery is Recording from then on (Answering before, if it is a command), or has ended.
  // An attempt, which has been counted already.
  void attempt(Delivery& delivery, const http::TransferResult& result, const Judged& judged);
  // A dead letter without another attempt.
  void give_up(Delivery& delivery, const Why& why);
  // Ended (Cancelled, Delivered) without another attempt. `why`: with a rule where there is one.
  void close(Delivery& delivery, const Ending& ending, const Why& why);
  // What waits for an endpoint that takes nothing more, or not that. Precondition: doomed.
  void end_unsent(Delivery& delivery);

  // A delivery whose record is not on the log any more: `why`. `recorded`: its end is acknowledged.
  void lost(Place place, const Backlog& backlog, std::string_view why, std::function<void()> recorded);

  // For the caller who waits: nobody gets the event. It does not wait for that itself: should it get lost, the caller
  // learns only that it was accepted.
  void tell_unmatched(Place place, const event::EventView& view);

  // Commands. A result stands on the log: of this process's making, of an earlier owner's, or posted by the service.
  // `rule`: for what Certes gave the command up, as the result says; empty: the service has answered. What is out takes
  // that up when it comes back.
  void answered(Delivery& delivery, std::string_view rule, std::string_view error);
  void end_by_result(Delivery& delivery, std::string_view rule, std::string_view error);
  void no_result(Delivery& delivery);  // its time is over
  void unbound(Delivery& delivery);    // nobody takes it any more, though somebody did when it was accepted
  // Ends a command by the result that came while the outcome of an attempt was on its way, or the request out.
  void end_answered(Delivery& delivery);

 private:
  void note(const Endpoint& endpoint);
  void tally_attempt(const Delivery& delivery, const http::TransferResult& result, const Judged& judged);
  void answer_first(Delivery& delivery, event::CommandResult&& result, Answers::Then then);
  void append_dead_letter(Delivery& delivery, std::string_view name, const Why& why);
  void tell_if_exhausted(const Delivery& delivery, const Notices::Letter& letter);
  void begin(Delivery& delivery, const Ending& ending, std::uint8_t appends = 1);
  void append_attempt(Delivery& delivery, const AttemptRecord& attempt);
  void on_recorded(std::uint64_t id);
  void recorded(Delivery& delivery);
  void ended(Delivery& delivery, const Ending& ending);
  template <class Wait>
  void go_on(Delivery& delivery, Wait wait);

  const CoreOptions& options_;
  Book& book_;
  Commands& commands_;
  Outcomes& outcomes_;
  Observer& observer_;
  Notices& notices_;
  Tallies& tallies_;
  const Clock& clock_;
  Answers answers_;
};

inline constexpr std::string_view kDeleted = "the endpoint was deleted";
inline constexpr std::string_view kUnmatched = "no subscription matches it any more";
inline constexpr std::string_view kFailedBefore = "failed_before";
// Of an attempt that tests an endpoint, and has failed: there is no other.
inline constexpr std::string_view kTest = "test";
inline constexpr std::string_view kLost = "lost";

}  // namespace certes::dispatcher
