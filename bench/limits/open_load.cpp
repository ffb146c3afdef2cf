// open_load HOST:PORT FILE CONNECTIONS RATE SECONDS: open loop: the request in the file is due at a steady rate
// whatever becomes of those before. One that is due goes on the connection that has been free for longest; while none
// is free it is held back, and counted. Prints one line of JSON: what was offered, accepted, refused and held back a
// second, and how long accepted ones took from the moment they were due, in microseconds.

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <string>
#include <vector>

#include "bench/limits/load_client.hpp"

namespace {

using certes::bench::answer_bytes;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::microseconds kShortestWait{50};

class OpenLoad {
 public:
  OpenLoad(std::string request, std::size_t connections) : request_(std::move(request)), clients_(connections) {}

  bool connect(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_[i].fd = certes::bench::dial(address.substr(0, colon), std::atoi(address.c_str() + colon + 1));
      if (clients_[i].fd < 0) return false;
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_[i].fd, &event);
      free_.push_back(i);
    }
    return true;
  }

  void run(double rate, double seconds) {
    const auto begin = Clock::now();
    const auto end = begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
    const std::chrono::duration<double> interval(1 / rate);
    for (auto now = begin; now < end; now = Clock::now()) {
      auto due = at(begin, interval);
      for (; due <= now; due = at(begin, interval)) send_one(due);
      // Where no connection is free only an answer changes anything. A wait for each request would be a spin.
      read_answers(free_.empty() ? end : std::min(std::max(due, now + kShortestWait), end));
    }
    elapsed_ = std::chrono::duration<double>(Clock::now() - begin).count();
  }

  void print() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double share) {
      return latencies_.empty() ? 0u : latencies_[static_cast<std::size_t>(share * double(latencies_.size() - 1))];
    };
    const auto a_second = [&](std::size_t count) { return double(count) / elapsed_; };
    std::printf(
        "{\"offered_per_second\":%.0f,\"accepted_per_second\":%.0f,\"refused_per_second\":%.0f,"
        "\"held_back_per_second\":%.0f,\"p50_us\":%u,\"p99_us\":%u,\"max_us\":%u}\n",
        a_second(due_), a_second(latencies_.size()), a_second(refused_), a_second(held_back_), at(0.5), at(0.99),
        at(1));
  }

 private:
  struct Client {
    int fd = -1;
    std::string input;
    Clock::time_point due;
  };

  Clock::time_point at(Clock::time_point begin, std::chrono::duration<double> interval) const {
    return begin + std::chrono::duration_cast<Clock::duration>(double(due_) * interval);
  }

  void send_one(Clock::time_point due) {
    ++due_;
    if (free_.empty()) {
      ++held_back_;
      return;
    }
    Client& client = clients_[free_.front()];
    free_.pop_front();
    client.due = due;
    if (::send(client.fd, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size())) {
      std::perror("send");
      std::exit(1);
    }
  }

  // Waits until then at the longest.
  void read_answers(Clock::time_point until) {
    epoll_event events[256];
    char bytes[65536];
    const auto left = std::max(Clock::duration::zero(), until - Clock::now());
    const timespec wait{left / std::chrono::seconds(1), (left % std::chrono::seconds(1)).count()};
    const int n = ::epoll_pwait2(epoll_, events, 256, &wait, nullptr);
    for (int i = 0; i < n; ++i) {
      Client& client = clients_[events[i].data.u64];
      const ssize_t size = ::recv(client.fd, bytes, sizeof bytes, 0);
      if (size <= 0) {
        std::fprintf(stderr, "the server closed a connection\n");
        std::exit(1);
      }
      client.input.append(bytes, static_cast<std::size_t>(size));
      const std::size_t used = answer_bytes(client.input);
      if (used == 0) continue;
      if (client.input[9] == '2')
        latencies_.push_back(static_cast<std::uint32_t>(
            std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - client.due).count()));
      else
        ++refused_;
      client.input.erase(0, used);
      free_.push_back(events[i].data.u64);
    }
  }

  const std::string request_;
  std::vector<Client> clients_;
  const int epoll_ = ::epoll_create1(0);
  std::deque<std::size_t> free_;
  std::vector<std::uint32_t> latencies_;
  std::size_t due_ = 0, refused_ = 0, held_back_ = 0;
  double elapsed_ = 1;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "usage: %s HOST:PORT FILE CONNECTIONS RATE SECONDS\n", argv[0]);
    return 2;
  }
  ::prctl(PR_SET_TIMERSLACK, 1);
  OpenLoad load(certes::bench::request_in(argv[2]), static_cast<std::size_t>(std::atoi(argv[3])));
  if (!load.connect(argv[1])) return std::perror("connect"), 1;
  load.run(std::atof(argv[4]), std::atof(argv[5]));
  load.print();
}
