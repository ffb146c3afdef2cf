#pragma once
// SenderThread: one thread of a sender: a multi handle of libcurl driven by epoll. Who: Sender. submit and abort: any
// thread.

#include <curl/curl.h>

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "common/base/event_fd.hpp"
#include "common/base/mailbox.hpp"
#include "common/http/client/curl_transfer.hpp"
#include "common/http/client/handover.hpp"
#include "common/http/client/name_waits.hpp"

namespace certes::http {

class SenderThread {
 public:
  SenderThread(const SenderOptions& options, const AddressPolicy& policy, Resolver& resolver,
               Mailbox<TransferResult>& done, Handover& handover, int index);
  ~SenderThread();  // aborts what is in flight
  void submit(Transfer&& transfer);
  void abort(std::uint64_t id);

 private:
  struct Abort {
    std::uint64_t id = 0;
  };
  struct LookedUp {
    NameWaits::Name name;
  };
  using Command = std::variant<Transfer, Abort, LookedUp>;
  // Shared with look-ups that may outlive the thread.
  struct Inbox {
    EventFd signal;
    Mailbox<Command> commands{[this] { signal.notify(); }};
  };
  // What epoll watches of a socket, which is more than curl asks for now: see on_socket.
  struct Watched {
    std::uint32_t events = 0;
    bool idle = false;     // curl has no transfer on it
    bool dialled = false;  // not one of curl's own, which it closes without telling
  };

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*);
  static int on_timer(CURLM*, long timeout_ms, void* self);
  static void on_opened(void* self, curl_socket_t socket);
  static void on_closed(void* self, curl_socket_t socket);
  static void on_paused(void* self, std::uint64_t id);

  void run();
  void take_commands();
  void take(Transfer&& transfer) {
    waiting_.push_back(std::move(transfer));
    ++taken_;
  }
  void take(const Abort& abort) { give_up(abort.id); }
  void take(const LookedUp& looked_up);
  void start_waiting();
  void resolve(Transfer&& transfer);
  void give_back_overdue();
  void give_back_surplus();
  void give_back(std::uint64_t id, const Resolver::Known& known, const std::string& host);
  void start(Transfer&& transfer, Dial&& dial);
  void start_named(Transfer&& transfer, const NamedHost& named, ResolutionPtr resolution);
  void give_up(std::uint64_t id);
  void socket_ready(int socket, std::uint32_t events);
  bool run_due_timer();
  void resume_paused();
  void collect();
  void finish(CurlTransfer& handle, CURLcode code);
  int wait_ms() const;
  Watched& watched(int socket);
  void watch(int socket, std::uint32_t events);

  const SenderOptions& options_;
  CurlSettings settings_;
  Resolver& resolver_;
  Mailbox<TransferResult>& done_;
  Handover& handover_;
  const std::shared_ptr<Inbox> inbox_ = std::make_shared<Inbox>();
  std::atomic<bool> stopping_{false};

  // The thread's own.
  int epoll_;
  CURLM* multi_;
  SteadyTime timer_ = SteadyTime::max();
  std::vector<Watched> watched_;  // by socket
  std::vector<std::unique_ptr<CurlTransfer>> handles_;
  std::vector<CurlTransfer*> free_;
  std::unordered_map<std::uint64_t, CurlTransfer*> running_;
  std::deque<std::uint64_t> paused_;  // large answers that have had their turn
  std::deque<Transfer> waiting_;      // above max_in_flight
  NameWaits resolving_;
  std::vector<Command> commands_;
  std::size_t taken_ = 0;  // transfers, of these
  std::thread thread_;
};

}  // namespace certes::http
