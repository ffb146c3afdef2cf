// What the sender's thread watches, as libcurl asks for it.

#include <sys/epoll.h>

#include "common/http/client/sender_thread.hpp"

namespace certes::http {

namespace {

std::uint32_t events_of(int what) {
  if (what == CURL_POLL_IN) return EPOLLIN;
  if (what == CURL_POLL_OUT) return EPOLLOUT;
  return EPOLLIN | EPOLLOUT;
}

}  // namespace

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

void SenderThread::on_paused(void* self, std::uint64_t id) { static_cast<SenderThread*>(self)->paused_.push_back(id); }

}  // namespace certes::http
