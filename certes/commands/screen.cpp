#include "certes/commands/screen.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>

namespace certes::command {
namespace {

constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l", kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H", kRestOfLine = "\x1b[K", kRestOfScreen = "\x1b[J";

void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0) return;  // a terminal that is gone ends the next wait
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

sigset_t own_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGCONT, SIGWINCH}) sigaddset(&set, number);
  return set;
}

}  // namespace

bool Screen::possible() {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDIN_FILENO) != 0 && ::isatty(STDOUT_FILENO) != 0 && kind != nullptr &&
         std::string_view(kind) != "dumb";
}

Screen::Screen() {
  const sigset_t set = own_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signals_ = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  ::tcgetattr(STDIN_FILENO, &before_);
  take_over();
}

Screen::~Screen() {
  give_back();
  ::close(signals_);
  const sigset_t set = own_signals();
  ::pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void Screen::take_over() {
  termios raw = before_;
  raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  raw.c_cc[VMIN] = 0;
  raw.c_cc[VTIME] = 0;
  ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
  write_all(kEnter);
}

void Screen::give_back() const {
  write_all(kLeave);
  ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

Screen::Event Screen::wait(Millis limit) {
  std::array<pollfd, 3> fds = {{{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}, {woken_.fd(), POLLIN, 0}}};
  if (::poll(fds.data(), fds.size(), static_cast<int>(limit.count())) <= 0) return {Event::Kind::timeout};
  if (fds[1].revents != 0)
    if (const auto event = signalled()) return *event;
  if (fds[0].revents != 0) {
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) == 1) return {Event::Kind::key, key};
    return {Event::Kind::end};
  }
  if (fds[2].revents == 0) return {Event::Kind::timeout};
  woken_.drain();
  return {Event::Kind::woken};
}

std::optional<Screen::Event> Screen::signalled() {
  signalfd_siginfo info{};
  if (::read(signals_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return std::nullopt;
  switch (info.ssi_signo) {
    case SIGTSTP: stop(); return Event{Event::Kind::resized};
    case SIGCONT:
    case SIGWINCH: return Event{Event::Kind::resized};
    default: return Event{Event::Kind::end};
  }
}

// As a shell's job: it goes on when that says so.
void Screen::stop() {
  give_back();
  ::raise(SIGSTOP);
  ::tcgetattr(STDIN_FILENO, &before_);
  take_over();
}

TopSize Screen::size() const {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {80, 24};
  return {size.ws_col, size.ws_row};
}

// Written over what was there: it does not flicker.
void Screen::show(std::string_view frame) const {
  std::string text(kHome);
  while (!frame.empty()) {
    const std::size_t end = frame.find('\n');
    text.append(frame.substr(0, end)).append(kRestOfLine);
    frame.remove_prefix(end == frame.npos ? frame.size() : end + 1);
    if (!frame.empty()) text += "\r\n";
  }
  write_all(text.append(kRestOfScreen));
}

}  // namespace certes::command
