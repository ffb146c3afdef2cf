#pragma once
// Inbox: what other threads tell the core loop, and the wake-up that it sleeps on. It outlives the loop in the
// callbacks that hold it. post, wake: any thread, never block. The rest: the loop's thread.

#include <atomic>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/base/event_fd.hpp"
#include "common/base/mailbox.hpp"
#include "common/base/result.hpp"
#include "common/questions/question.hpp"
#include "common/registry/resources.hpp"

namespace certes::dispatcher {

struct FenceReached {
  registry::StatePtr state;
};
struct StateChanged {
  registry::StatePtr state;
};
struct DisableDecided {
  std::string key;  // "tenant/id"
  std::optional<Error> error;
};
// A question to this process; `answered` is called once, or never.
struct Asked {
  questions::Question question;
  questions::Answered answered;
};
struct StopAsked {
  Millis limit{0};
};
using Mail = std::variant<std::monostate, FenceReached, StateChanged, DisableDecided, Asked, StopAsked>;

class Inbox {
 public:
  Inbox() : mails_([this] { wake(); }) {}
  void post(Mail mail) { mails_.post(std::move(mail)); }
  void wake() {
    if (!signalled_.exchange(true)) event_.notify();
  }

  // What is told after this wakes again.
  void begin_round() {
    if (signalled_.exchange(false)) event_.drain();
  }
  void drain(std::vector<Mail>& out) { mails_.drain(out, 16); }
  void wait(SteadyTime now, SteadyTime until);

 private:
  EventFd event_;
  std::atomic<bool> signalled_{false};
  Mailbox<Mail> mails_;
};

}  // namespace certes::dispatcher
