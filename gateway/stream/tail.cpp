#include "gateway/stream/tail.hpp"

#include <pthread.h>

#include "gateway/stream/sse.hpp"

namespace certes::gateway::stream {
namespace {

constexpr Millis kIdle{3'600'000};  // nobody watches: until somebody does
constexpr Millis kLook{200};        // to try again what did not work, while somebody watches

}  // namespace

Tail::Tail(log::Log& log, Unread& unread, Options options)
    : options_(options),
      unread_(unread),
      mailbox_([signal = signal_] { signal->wake(); }),
      events_(
          log, audience_, unread, [signal = signal_] { signal->wake(); }, options.buffer_bytes),
      outcomes_(
          log, [signal = signal_] { signal->wake(); }, options.waits),
      lines_(
          audience_, unread, [signal = signal_] { signal->wake(); }, options.buffer_bytes / 8),
      thread_([this] { run(); }) {
  ::pthread_setname_np(thread_.native_handle(), "certes-tail");
}

Tail::~Tail() {
  stopping_ = true;
  signal_->wake();
  thread_.join();
}

void Tail::add(Watcher watcher) {
  mailbox_.post([this, held = std::make_shared<Watcher>(std::move(watcher))] { begin(std::move(*held)); });
}

void Tail::remove(WatcherId watcher) {
  mailbox_.post([this, watcher] { end(watcher); });
}

void Tail::expect(Waiter waiter) {
  mailbox_.post([this, held = std::make_shared<Waiter>(std::move(waiter))] { outcomes_.expect(std::move(*held)); });
}

void Tail::accepted(WaiterId waiter, std::int32_t partition) {
  mailbox_.post([this, waiter, partition] { outcomes_.accepted(waiter, partition); });
}

void Tail::give_up(WaiterId waiter) {
  mailbox_.post([this, waiter] { outcomes_.give_up(waiter); });
}

void Tail::forget(WaiterId waiter) {
  mailbox_.post([this, waiter] { outcomes_.forget(waiter); });
}

void Tail::end_waits() {
  mailbox_.post([this] { outcomes_.end(); });
}

void Tail::on_lines_watched(std::function<void(bool)> told) {
  mailbox_.post([this, told = std::move(told)] {
    on_lines_watched_ = told;
    tell_lines_watched();
  });
}

void Tail::tell_lines_watched() {
  if (on_lines_watched_) on_lines_watched_(lines_.watched());
}

void Tail::run() {
  while (!stopping_) {
    take_up();
    const bool room = make_room();
    bool more = room && events_.round();
    more = outcomes_.round() || more;
    more = (room && lines_.round()) || more;
    if (room && audience_.size() > 0 && std::chrono::steady_clock::now() >= beat_at_) beat();
    audience_.flush();
    if (!more) signal_->wait(patience());
  }
}

void Tail::take_up() {
  work_.clear();
  while (mailbox_.drain(work_) != 0) {
  }
  for (const auto& work : work_) work();
  work_.clear();
}

// False: nothing is shown before those who give way have gone.
bool Tail::make_room() {
  const std::size_t excess = unread_.excess();
  if (excess == 0) return true;
  if (audience_.keeps_up()) audience_.crowd_out(unread_.gives_way(), excess);
  return false;
}

Millis Tail::patience() const {
  if (audience_.size() == 0) return outcomes_.reading() ? kLook : kIdle;
  return std::min(kLook, options_.heartbeat);
}

void Tail::begin(Watcher&& watcher) {
  if (audience_.size() == 0) beat_at_ = std::chrono::steady_clock::now() + options_.heartbeat;
  const WatcherId id = watcher.id;
  Watcher& added = audience_.add(std::move(watcher));
  if (!added.interest.of_events()) {
    audience_.hand(added, Chunk::What::begun, nullptr, nullptr);
  } else if (auto begun = events_.add(added); !begun) {
    audience_.hand(added, Chunk::What::refused, nullptr, std::make_shared<std::string>(begun.error().message));
    return audience_.remove(id);
  }
  lines_.add(added);
  tell_lines_watched();
}

void Tail::end(WatcherId id) {
  const Watcher* watcher = audience_.find(id);
  if (watcher == nullptr) return;
  if (watcher->interest.of_events()) events_.remove(*watcher);
  lines_.remove(*watcher);
  audience_.remove(id);
  tell_lines_watched();
}

// With it goes the place to resume from, which moves on although nothing is shown.
void Tail::beat() {
  beat_at_ = std::chrono::steady_clock::now() + options_.heartbeat;
  auto comment = std::make_shared<std::string>();
  append_comment(*comment, "still here");
  Text live;
  for (const auto& [interest, watchers] : audience_.groups()) {
    for (const Watcher* watcher : watchers) {
      Text id;
      if (interest.of_events()) {
        if (watcher->stage != Watcher::Stage::live) {
          id = events_.id_of(*watcher);
        } else {
          if (!live) live = events_.id_of(*watcher);
          id = live;
        }
      }
      audience_.hand(*watcher, Chunk::What::beat, std::move(id), comment);
    }
  }
}

}  // namespace certes::gateway::stream
