// raw_epoll_server [threads [STATUS]]: answers 202, or e.g. "500 Internal Server Error", to whatever looks like a
// request, with the least parsing that keeps a connection in step. The limit that ingest is measured against, and a
// receiver that costs next to nothing. Prints its address, ends when standard input does.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>

namespace {

constexpr std::string_view kRest =
    "\r\nContent-Type: application/json\r\nContent-Length: 59\r\n\r\n"
    "{\"id\":\"evt_01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"status\":\"accepted\"}";

// How many bytes the first request in `text` has; 0 if it is not all there.
std::size_t request_bytes(std::string_view text) {
  const std::size_t end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) return 0;
  const std::size_t at = text.find("Content-Length: ");
  const std::size_t length = at < end ? std::strtoul(text.data() + at + 16, nullptr, 10) : 0;
  return end + 4 + length <= text.size() ? end + 4 + length : 0;
}

void serve(int listener, const std::string& answer) {
  const int epoll = ::epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLEXCLUSIVE;
  event.data.fd = listener;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  std::unordered_map<int, std::string> inputs;
  epoll_event events[256];
  char bytes[65536];
  for (;;) {
    const int n = ::epoll_wait(epoll, events, 256, -1);
    for (int i = 0; i < n; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        if (client < 0) continue;
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.events = EPOLLIN;
        event.data.fd = client;
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
        continue;
      }
      const ssize_t size = ::read(fd, bytes, sizeof bytes);
      if (size <= 0) {
        ::close(fd);
        inputs.erase(fd);
        continue;
      }
      std::string& input = inputs[fd];
      input.append(bytes, static_cast<std::size_t>(size));
      std::string answers;
      for (std::size_t used; (used = request_bytes(input)) > 0; input.erase(0, used)) answers += answer;
      if (!answers.empty() && ::send(fd, answers.data(), answers.size(), MSG_NOSIGNAL) < 0) std::perror("send");
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const std::string answer = std::string("HTTP/1.1 ").append(argc > 2 ? argv[2] : "202 Accepted").append(kRest);
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 || ::listen(listener, 4096) != 0)
    return 1;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("127.0.0.1:%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  for (int i = 0; i < threads; ++i) std::thread(serve, listener, std::cref(answer)).detach();
  char byte = 0;
  while (::read(0, &byte, 1) > 0) {
  }
  std::_Exit(0);
}
