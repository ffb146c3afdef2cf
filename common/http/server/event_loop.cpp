#include "common/http/server/event_loop.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

namespace certes::http {

namespace {
constexpr std::uint64_t kSignalToken = ~0ull;
constexpr std::size_t kPostedPerRound = 128;
constexpr auto kLater = [](const auto& a, const auto& b) { return a.at > b.at; };
}  // namespace

EventLoop::EventLoop(int index)
    : index_(index), epoll_(::epoll_create1(EPOLL_CLOEXEC)), mailbox_([this] {
        posted_.store(true);
        signal_->raise();
      }) {
  watch(signal_->event.fd(), kSignalToken, EPOLLIN | EPOLLET);  // edges: no read is needed
}

EventLoop::~EventLoop() {
  if (epoll_ >= 0) ::close(epoll_);
}

bool EventLoop::watch(int fd, std::uint64_t token, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = token;
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0;
}

void EventLoop::unwatch(int fd) { ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void EventLoop::post(std::function<void()> work) { mailbox_.post(std::move(work)); }

std::function<void()> EventLoop::waker(std::function<void()> on_loop) {
  auto waker = std::make_shared<Waker>();
  waker->signal = signal_;
  waker->on_loop = std::move(on_loop);
  wakers_.push_back(waker);
  return [waker] {
    if (!waker->called.exchange(true)) waker->signal->raise();
  };
}

Loop::TimerId EventLoop::after(Millis delay, std::function<void()> work) {
  std::uint32_t slot = 0;
  if (free_timers_.empty()) {
    slot = static_cast<std::uint32_t>(timers_.size());
    timers_.emplace_back();
  } else {
    slot = free_timers_.back();
    free_timers_.pop_back();
  }
  Timer& timer = timers_[slot];
  timer.work = std::move(work);
  const TimerId id = (static_cast<std::uint64_t>(timer.generation) << 32) | slot;
  due_.push_back({std::chrono::steady_clock::now() + delay, id});
  std::push_heap(due_.begin(), due_.end(), kLater);
  return id;
}

void EventLoop::cancel(TimerId timer) { take_timer(timer); }

// The timer's work, whose slot is free again; empty if it was cancelled or has run.
std::function<void()> EventLoop::take_timer(TimerId id) {
  const auto slot = static_cast<std::uint32_t>(id);
  if (slot >= timers_.size() || timers_[slot].generation != static_cast<std::uint32_t>(id >> 32)) return {};
  std::function<void()> work = std::move(timers_[slot].work);
  timers_[slot].work = nullptr;
  ++timers_[slot].generation;
  free_timers_.push_back(slot);
  return work;
}

void EventLoop::run_timers() {
  while (!due_.empty() && due_.front().at <= now_) {
    const TimerId id = due_.front().id;
    std::pop_heap(due_.begin(), due_.end(), kLater);
    due_.pop_back();
    if (const auto work = take_timer(id)) work();
  }
}

void EventLoop::run_posted() {
  if (posted_.exchange(false)) {
    mailbox_.drain(work_, kPostedPerRound);  // if there is more, it has rung for the next round
    for (auto& work : work_) work();
    work_.clear();
  }
  for (std::size_t i = 0; i < wakers_.size(); ++i) {  // a waker may make another
    const std::shared_ptr<Waker> waker = wakers_[i];
    if (waker->called.load(std::memory_order_relaxed) && waker->called.exchange(false)) waker->on_loop();
  }
}

void EventLoop::drop_work() {
  round_end_.clear();
  for (const auto& waker : wakers_) waker->on_loop = nullptr;  // others may hold the waker for longer
  wakers_.clear();
  timers_.clear();
  do {
    work_.clear();
  } while (mailbox_.drain(work_, 64) > 0);
}

// Rounded up: a timer is never early, and the loop does not spin in its last millisecond.
int EventLoop::wait_ms() {
  SteadyTime until = wait_until();
  if (!due_.empty()) until = std::min(until, due_.front().at);
  if (until == SteadyTime::max()) return -1;
  if (until == SteadyTime::min()) return 0;
  const auto left = std::chrono::ceil<Millis>(until - std::chrono::steady_clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

void EventLoop::run() {
  std::array<epoll_event, 256> events{};
  do {
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
    now_ = std::chrono::steady_clock::now();
    signal_->raised.store(false);
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.u64 != kSignalToken) on_event(event.data.u64, event.events);
    }
    run_posted();
    run_timers();
    take_up();
    for (std::size_t i = 0; i < round_end_.size(); ++i) round_end_[i]();
  } while (end_round());
}

}  // namespace certes::http
