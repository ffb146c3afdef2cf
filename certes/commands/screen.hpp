#pragma once
// Screen: a terminal taken over: its alternate screen, no cursor, keys as they are typed. Given back when this ends,
// however that is, while it is stopped, and whenever another program runs in it. Who: certes top. Made and used by the
// main thread, before there are others: they inherit that its signals are blocked.

#include <termios.h>

#include <optional>
#include <string_view>

#include "certes/commands/top_frame.hpp"
#include "common/base/clock.hpp"
#include "common/base/event_fd.hpp"

namespace certes::command {

class Screen {
 public:
  Screen();
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // Whether standard input and output are a terminal that this can be done with.
  static bool possible();

  struct Event {
    enum class Kind : std::uint8_t { key, resized, woken, timeout, end };
    Kind kind;
    char key = 0;
  };
  // The next that happens. `end`: a signal, or the terminal is gone.
  Event wait(Millis limit);
  // Any thread.
  void wake() const { woken_.notify(); }

  TopSize size() const;
  void show(std::string_view frame) const;

 private:
  void take_over();
  void give_back() const;
  std::optional<Event> signalled();
  void stop();

  termios before_{};
  int signals_ = -1;
  EventFd woken_;
};

}  // namespace certes::command
