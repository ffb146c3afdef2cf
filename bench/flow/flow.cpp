// certes-bench-flow: producer and receiver in one thread, so that accept-to-receipt is measured with one clock.
//
//   certes-bench-flow --gateway H:P --port RECEIVER_PORT --events N [--connections 64] [--backlog 2000] [--rate R]
//   [--bytes 640] [--types 1] [--copies 1] [--patience 30] [--header "Authorization: Bearer …"]
//
// With `types` above 1 events are of the types bench.event.0, bench.event.1, … in turn. Each event is to come `copies`
// times; rates are of events, latencies of deliveries. Without --rate: closed loop; a connection posts its next event
// when the last was answered, and nobody posts while more than `backlog` accepted events are undelivered, so that a
// backlog cannot flatter the rate. With --rate: paced, and the latency is from the moment an event was due to be sent
// until its delivery arrived (no coordinated omission). Gives up when nothing has come for `patience` seconds. Prints
// one JSON line.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/flow/http_stream.hpp"

namespace certes::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Options {
  std::string gateway, header;
  int port = 0, connections = 64;
  long events = 20'000, backlog = 2'000, rate = 0, patience = 30, types = 1, copies = 1;
  std::size_t bytes = 640;
};

struct Peer {
  int fd = -1;
  bool producer = false;
  bool busy = false;
  std::string in;
};

[[noreturn]] void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

class Flow {
 public:
  explicit Flow(Options options) : options_(std::move(options)), poll_(::epoll_create1(0)) {
    due_.resize(static_cast<std::size_t>(options_.events));
    latency_us_.reserve(due_.size() * static_cast<std::size_t>(options_.copies));
    seen_.assign(due_.size(), 0);
  }

  int run() {
    listen();
    for (int i = 0; i < options_.connections; ++i) connect();
    began_ = SteadyClock::now();
    while (received_ < options_.events * options_.copies) {
      send_what_may();
      if (!round())
        return std::fprintf(stderr, "no progress for %ld s: %ld accepted, %ld received\n", options_.patience, accepted_,
                            received_),
               1;
    }
    report();
    return 0;
  }

 private:
  void watch(std::unique_ptr<Peer> peer) {
    const int one = 1;
    ::setsockopt(peer->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    ::fcntl(peer->fd, F_SETFL, ::fcntl(peer->fd, F_GETFL) | O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.ptr = peer.get();
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, peer->fd, &event);
    if (peer->producer) idle_.push_back(peer.get());
    peers_.push_back(std::move(peer));
  }

  static sockaddr_in address(const std::string& host, int port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    ::inet_pton(AF_INET, host.c_str(), &to.sin_addr);
    return to;
  }

  void listen() {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int one = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    const sockaddr_in at = address("127.0.0.1", options_.port);
    if (::bind(listener_, reinterpret_cast<const sockaddr*>(&at), sizeof at) != 0 || ::listen(listener_, 1024) != 0)
      die("listen");
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(poll_, EPOLL_CTL_ADD, listener_, &event);
  }

  void connect() {
    const std::size_t colon = options_.gateway.rfind(':');
    const sockaddr_in to = address(options_.gateway.substr(0, colon), std::atoi(options_.gateway.c_str() + colon + 1));
    auto peer = std::make_unique<Peer>();
    peer->fd = ::socket(AF_INET, SOCK_STREAM, 0);
    peer->producer = true;
    if (::connect(peer->fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) die("connect");
    watch(std::move(peer));
  }

  void send_what_may() {
    while (!idle_.empty() && sent_ < options_.events && may_send()) {
      Peer& peer = *idle_.back();
      idle_.pop_back();
      post(peer, sent_++);
    }
  }

  bool may_send() {
    if (options_.rate == 0) return sent_ - received_ / options_.copies < options_.backlog;
    return SteadyClock::now() >= due_at(sent_);
  }

  SteadyClock::time_point due_at(long n) const {
    return began_ + std::chrono::nanoseconds(n * 1'000'000'000L / std::max(1L, options_.rate));
  }

  void post(Peer& peer, long n) {
    due_[static_cast<std::size_t>(n)] = options_.rate == 0 ? SteadyClock::now() : due_at(n);
    const std::string type = options_.types > 1 ? "." + std::to_string(n % options_.types) : std::string();
    body_ = "{\"type\":\"bench.event" + type + "\",\"data\":{\"n\":" + std::to_string(n) + ",\"filler\":\"";
    body_.append(options_.bytes > body_.size() + 3 ? options_.bytes - body_.size() - 3 : 0, 'x').append("\"}}");
    request_ = "POST /events HTTP/1.1\r\nHost: certes\r\nContent-Type: application/json\r\n";
    if (!options_.header.empty()) request_.append(options_.header).append("\r\n");
    request_.append("Content-Length: ").append(std::to_string(body_.size())).append("\r\n\r\n").append(body_);
    if (::send(peer.fd, request_.data(), request_.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request_.size()))
      die("send");
    peer.busy = true;
  }

  bool round() {
    epoll_event events[256];
    const timespec limit = until_due();
    const int n = ::epoll_pwait2(poll_, events, 256, &limit, nullptr);
    if (n > 0) quiet_since_ = SteadyClock::now();
    for (int i = 0; i < n; ++i) {
      if (events[i].data.ptr == nullptr)
        accept();
      else
        read(*static_cast<Peer*>(events[i].data.ptr));
    }
    return n > 0 || (options_.rate != 0 && SteadyClock::now() - quiet_since_ < std::chrono::seconds(options_.patience));
  }

  // To the moment the next event is due, to the microsecond: a wait of whole milliseconds would be measured as latency.
  timespec until_due() const {
    if (options_.rate == 0) return {options_.patience, 0};
    const auto due = sent_ < options_.events ? due_at(sent_) : SteadyClock::now() + std::chrono::seconds(1);
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(due - SteadyClock::now()).count();
    return {0, std::clamp<long>(left, 0, 999'999'999)};
  }

  void accept() {
    for (int fd = 0; (fd = ::accept4(listener_, nullptr, nullptr, 0)) >= 0;) {
      auto peer = std::make_unique<Peer>();
      peer->fd = fd;
      watch(std::move(peer));
    }
  }

  void read(Peer& peer) {
    char chunk[65536];
    const ssize_t n = ::recv(peer.fd, chunk, sizeof chunk, 0);
    if (n <= 0) {
      if (n == 0 && peer.producer) std::fprintf(stderr, "the gateway closed a connection\n"), std::exit(1);
      if (n == 0) ::epoll_ctl(poll_, EPOLL_CTL_DEL, peer.fd, nullptr);
      return;
    }
    peer.in.append(chunk, static_cast<std::size_t>(n));
    std::size_t used = 0;
    for (HttpFrame frame; (frame = next_frame(std::string_view(peer.in).substr(used))).size > 0; used += frame.size) {
      if (peer.producer)
        answered(peer, frame);
      else
        delivered(peer, frame);
    }
    peer.in.erase(0, used);
  }

  void answered(Peer& peer, const HttpFrame& frame) {
    if (frame.status() != 202) {
      std::fprintf(stderr, "refused: %.*s\n%.*s\n", static_cast<int>(frame.head.size()), frame.head.data(),
                   static_cast<int>(frame.body.size()), frame.body.data());
      std::exit(1);
    }
    ++accepted_;
    accepted_at_ = SteadyClock::now();
    peer.busy = false;
    idle_.push_back(&peer);
  }

  void delivered(Peer& peer, const HttpFrame& frame) {
    static constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";
    if (::send(peer.fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kAnswer.size()))
      die("answer");
    const std::size_t at = frame.body.find("\"n\":");
    if (at == std::string_view::npos) return;
    const auto n = static_cast<std::size_t>(std::atol(frame.body.data() + at + 4));
    // One that was not sent is a repeat of a run before this one.
    if (n >= static_cast<std::size_t>(sent_) || seen_[n] == options_.copies) {
      ++repeats_;
      return;
    }
    ++seen_[n];
    ++received_;
    latency_us_.push_back(std::chrono::duration<double, std::micro>(SteadyClock::now() - due_[n]).count());
  }

  double percentile(double share) const {
    return latency_us_[std::min(latency_us_.size() - 1,
                                static_cast<std::size_t>(share * static_cast<double>(latency_us_.size())))] /
           1000;
  }

  void report() {
    const double seconds = std::chrono::duration<double>(SteadyClock::now() - began_).count();
    std::sort(latency_us_.begin(), latency_us_.end());
    std::printf(
        "{\"events\":%ld,\"per_second\":%.0f,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f,\"repeats\":%ld}\n",
        received_ / options_.copies, static_cast<double>(received_) / seconds / static_cast<double>(options_.copies),
        percentile(0.5), percentile(0.99), latency_us_.back() / 1000, repeats_);
  }

  Options options_;
  int poll_;
  int listener_ = -1;
  long sent_ = 0, accepted_ = 0, received_ = 0, repeats_ = 0;
  SteadyClock::time_point began_{}, accepted_at_{}, quiet_since_ = SteadyClock::now();
  std::vector<SteadyClock::time_point> due_;
  std::vector<double> latency_us_;
  std::vector<long> seen_;  // how often, by number
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<Peer*> idle_;
  std::string body_, request_;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const char* value = argv[i + 1];
    if (name == "--gateway")
      options.gateway = value;
    else if (name == "--header")
      options.header = value;
    else if (name == "--port")
      options.port = std::atoi(value);
    else if (name == "--connections")
      options.connections = std::atoi(value);
    else if (name == "--events")
      options.events = std::atol(value);
    else if (name == "--backlog")
      options.backlog = std::atol(value);
    else if (name == "--rate")
      options.rate = std::atol(value);
    else if (name == "--patience")
      options.patience = std::atol(value);
    else if (name == "--types")
      options.types = std::atol(value);
    else if (name == "--copies")
      options.copies = std::max(1L, std::atol(value));
    else if (name == "--bytes")
      options.bytes = static_cast<std::size_t>(std::atol(value));
    else
      std::fprintf(stderr, "unknown option %s\n", argv[i]), std::exit(2);
  }
  return options;
}

}  // namespace
}  // namespace certes::bench

int main(int argc, char** argv) { return certes::bench::Flow(certes::bench::parse(argc, argv)).run(); }
