// http_load HOST:PORT FILE [connections] [seconds]: closed loop: each connection sends the request in the file again
// when the last is answered. Prints one line of JSON: rate, answers other than 2xx, latency percentiles in
// microseconds.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "bench/limits/load_client.hpp"

namespace {

using certes::bench::answer_bytes;
using certes::bench::dial;
using certes::bench::request_in;
using Clock = std::chrono::steady_clock;

struct Client {
  int fd = -1;
  std::string input;
  Clock::time_point sent;
};

void send_next(Client& client, const std::string& request) {
  client.sent = Clock::now();
  if (::send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    std::perror("send");
    std::exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::fprintf(stderr, "usage: %s HOST:PORT FILE [connections] [seconds]\n", argv[0]);
    return 2;
  }
  const std::string address = argv[1];
  const std::size_t colon = address.rfind(':');
  const auto connections = static_cast<std::size_t>(argc > 3 ? std::atoi(argv[3]) : 64);
  const double seconds = argc > 4 ? std::atof(argv[4]) : 5;
  const std::string request = request_in(argv[2]);
  const int epoll = ::epoll_create1(0);
  std::vector<Client> clients(connections);
  for (std::size_t i = 0; i < connections; ++i) {
    clients[i].fd = dial(address.substr(0, colon), std::atoi(address.c_str() + colon + 1));
    if (clients[i].fd < 0) return std::perror("connect"), 1;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event);
  }
  std::vector<std::uint32_t> latencies;
  latencies.reserve(4'000'000);
  std::size_t other = 0;
  const auto begin = Clock::now();
  const auto end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  for (Client& client : clients) send_next(client, request);
  epoll_event events[256];
  char bytes[65536];
  while (Clock::now() < end) {
    const int n = ::epoll_wait(epoll, events, 256, 100);
    for (int i = 0; i < n; ++i) {
      Client& client = clients[events[i].data.u64];
      const ssize_t size = ::recv(client.fd, bytes, sizeof bytes, 0);
      if (size <= 0) return std::fprintf(stderr, "the server closed a connection\n"), 1;
      client.input.append(bytes, static_cast<std::size_t>(size));
      const std::size_t used = answer_bytes(client.input);
      if (used == 0) continue;
      if (client.input[9] != '2') ++other;
      client.input.erase(0, used);
      const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - client.sent);
      latencies.push_back(static_cast<std::uint32_t>(took.count()));
      send_next(client, request);
    }
  }
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  if (latencies.empty()) return 1;
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double share) {
    return latencies[static_cast<std::size_t>(share * double(latencies.size() - 1))];
  };
  std::printf(
      "{\"connections\":%zu,\"requests_per_second\":%.0f,\"other\":%zu,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u}\n",
      connections, double(latencies.size()) / elapsed, other, at(0.5), at(0.99), latencies.back());
}
