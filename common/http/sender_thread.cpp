#include "common/http/sender_thread.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace certes::http {

namespace {

SteadyTime clock_now() { return std::chrono::steady_clock::now(); }

std::uint32_t events_of(int what) {
  if (what == CURL_POLL_IN) return EPOLLIN;
  if (what == CURL_POLL_OUT) return EPOLLOUT;
  return EPOLLIN | EPOLLOUT;
}

}  // namespace

SenderThread::SenderThread(const SenderOptions& options, const AddressPolicy& policy, Mailbox<TransferResult>& done,
                           int index)
    : options_(options),
      settings_{&options, &policy, this, &SenderThread::on_opened, &SenderThread::on_closed},
      done_(done),
      inbox_([this] { signal_.notify(); }),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      multi_(::curl_multi_init()) {
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &SenderThread::on_socket);
  ::curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &SenderThread::on_timer);
  ::curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  // Fewer kept than are in flight, and nearly every transfer dials anew.
  ::curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(options.max_in_flight));
  epoll_event event{};
  event.events = EPOLLIN | EPOLLET;
  event.data.fd = signal_.fd();
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, signal_.fd(), &event);
  thread_ = std::thread([this] { run(); });
  ::pthread_setname_np(thread_.native_handle(), ("sender-" + std::to_string(index)).c_str());
}

SenderThread::~SenderThread() {
  stopping_.store(true);
  signal_.notify();
  thread_.join();
  ::curl_multi_cleanup(multi_);  // closes what it keeps, hence before the sockets' table
  handles_.clear();
  ::close(epoll_);
}

void SenderThread::submit(Transfer&& transfer) { inbox_.post({false, std::move(transfer)}); }

void SenderThread::abort(std::uint64_t id) {
  Command command;
  command.abort = true;
  command.transfer.id = id;
  inbox_.post(std::move(command));
}

void SenderThread::run() {
  std::array<epoll_event, 256> events{};
  while (!stopping_.load(std::memory_order_relaxed)) {
    take_commands();
    // Transfers may end in here: they are collected before the thread blocks.
    for (int i = 0; i < 64 && run_due_timer(); ++i) collect();
    collect();
    const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms());
    for (int i = 0; i < n; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      if (event.data.fd != signal_.fd()) socket_ready(event.data.fd, event.events);
    }
    collect();
  }
  while (!running_.empty()) give_up(running_.begin()->first);
}

void SenderThread::take_commands() {
  const std::size_t there = inbox_.size_approx();
  if (there == 0 && commands_.empty()) {
    inbox_.drain(commands_, 1);  // lets the next sender wake us
  } else {
    inbox_.drain(commands_, std::min<std::size_t>(there + 1, 1024));
  }
  for (Command& command : commands_) {
    if (command.abort) {
      give_up(command.transfer.id);
    } else {
      waiting_.push_back(std::move(command.transfer));
    }
  }
  commands_.clear();
  start_waiting();
}

void SenderThread::start_waiting() {
  while (!waiting_.empty() && running_.size() < options_.max_in_flight) {
    Transfer transfer = std::move(waiting_.front());
    waiting_.pop_front();
    start(std::move(transfer));
  }
}

void SenderThread::start(Transfer&& transfer) {
  if (free_.empty()) {
    handles_.push_back(std::make_unique<CurlTransfer>(settings_));
    free_.push_back(handles_.back().get());
  }
  CurlTransfer* handle = free_.back();
  free_.pop_back();
  running_[transfer.id] = handle;
  handle->begin(std::move(transfer), clock_now());
  ::curl_multi_add_handle(multi_, handle->easy());
}

void SenderThread::give_up(std::uint64_t id) {
  if (const auto found = running_.find(id); found != running_.end()) {
    CurlTransfer* handle = found->second;
    ::curl_multi_remove_handle(multi_, handle->easy());
    done_.post(handle->end_aborted(clock_now()));
    free_.push_back(handle);
    running_.erase(id);
    return;
  }
  const auto found = std::find_if(waiting_.begin(), waiting_.end(), [&](const Transfer& t) { return t.id == id; });
  if (found == waiting_.end()) return;
  waiting_.erase(found);
  TransferResult result;
  result.id = id;
  result.error = TransferError::aborted;
  result.message = "the request was given up";
  done_.post(std::move(result));
}

void SenderThread::collect() {
  int left = 0;
  while (CURLMsg* message = ::curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    CURL* easy = message->easy_handle;
    CurlTransfer* handle = nullptr;
    ::curl_easy_getinfo(easy, CURLINFO_PRIVATE, &handle);
    ::curl_multi_remove_handle(multi_, easy);
    const std::uint64_t id = handle->id();
    done_.post(handle->end(code, clock_now()));
    free_.push_back(handle);
    running_.erase(id);
  }
  if (!waiting_.empty()) start_waiting();
}

void SenderThread::socket_ready(int socket, std::uint32_t events) {
  Watched& entry = watched(socket);
  if (entry.idle) {
    // The other side has closed a connection that is kept: curl sees it when it would use it, epoll would say it for
    // ever.
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
    entry.events = 0;
    return;
  }
  int mask = 0;
  if (events & EPOLLIN) mask |= CURL_CSELECT_IN;
  if (events & EPOLLOUT) mask |= CURL_CSELECT_OUT;
  if (events & (EPOLLERR | EPOLLHUP)) mask |= CURL_CSELECT_IN | CURL_CSELECT_ERR;
  int running = 0;
  ::curl_multi_socket_action(multi_, socket, mask, &running);
}

bool SenderThread::run_due_timer() {
  if (timer_ > clock_now()) return false;
  timer_ = SteadyTime::max();
  int running = 0;
  ::curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  return true;
}

int SenderThread::wait_ms() const {
  if (timer_ == SteadyTime::max()) return -1;
  const auto left = std::chrono::ceil<Millis>(timer_ - clock_now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, 60'000));
}

int SenderThread::on_timer(CURLM*, long timeout_ms, void* self_pointer) {
  auto& self = *static_cast<SenderThread*>(self_pointer);
  self.timer_ = timeout_ms < 0 ? SteadyTime::max() : clock_now() + Millis(timeout_ms);
  return 0;
}

// A socket that curl has done with stays watched: the next transfer on it asks for the same, which then costs nothing.
int SenderThread::on_socket(CURL*, curl_socket_t socket, int what, void* self_pointer, void*) {
  auto& self = *static_cast<SenderThread*>(self_pointer);
  Watched& entry = self.watched(socket);
  if (what != CURL_POLL_REMOVE && what != CURL_POLL_NONE) {
    entry.idle = false;
    if (entry.events != events_of(what)) self.watch(socket, events_of(what));
  } else if (entry.dialled) {
    entry.idle = true;
    if (entry.events & EPOLLOUT) self.watch(socket, EPOLLIN);  // it would be ready for ever
  } else if (entry.events != 0) {
    ::epoll_ctl(self.epoll_, EPOLL_CTL_DEL, socket, nullptr);
    entry = {};
  }
  return 0;
}

SenderThread::Watched& SenderThread::watched(int socket) {
  const auto index = static_cast<std::size_t>(socket);
  if (index >= watched_.size()) watched_.resize(index + 64);
  return watched_[index];
}

void SenderThread::watch(int socket, std::uint32_t events) {
  Watched& entry = watched(socket);
  epoll_event event{};
  event.events = events;
  event.data.fd = socket;
  ::epoll_ctl(epoll_, entry.events == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
  entry.events = events;
}

void SenderThread::on_opened(void* self, curl_socket_t socket) {
  static_cast<SenderThread*>(self)->watched(socket) = {.events = 0, .idle = false, .dialled = true};
}

// Closing takes it out of epoll.
void SenderThread::on_closed(void* self, curl_socket_t socket) {
  static_cast<SenderThread*>(self)->watched(socket) = {};
}

}  // namespace certes::http
