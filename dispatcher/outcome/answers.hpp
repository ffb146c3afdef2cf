#pragma once
// Answers: the results of commands on their way to the log. A result is appended before what ends its command: should
// the process die between them, the next owner reads it behind the command and does not ask again. Who: the recorder.
// Confined to the core loop.

#include <cstdint>
#include <functional>

#include "common/base/ids.hpp"
#include "common/event/command.hpp"
#include "dispatcher/book/book.hpp"

namespace certes::dispatcher {

class Answers {
 public:
  using Then = std::function<void(Delivery&)>;
  // All outlive it.
  Answers(Book& book, Outcomes& outcomes, Observer& observer, const Clock& clock, std::uint64_t seed);

  // `then` runs once the result is acknowledged, if the delivery is still there. Without its data where the log does
  // not take it with it. An error: not even so.
  Result<void> append(Delivery& delivery, event::CommandResult&& result, Then then);

 private:
  Result<void> append_once(Delivery& delivery, event::CommandResult&& result, Then then);

  Book& book_;
  Outcomes& outcomes_;
  Observer& observer_;
  const Clock& clock_;
  IdGenerator ids_;
};

// It is a command whose result is not on the log yet.
inline bool needs_answer(const Delivery& delivery) { return delivery.command && delivery.answer == Answer::none; }

}  // namespace certes::dispatcher
