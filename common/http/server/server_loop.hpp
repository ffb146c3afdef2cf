#pragma once
// ServerLoop: one loop of a server: its connections, the thread they live on, the handlers' state. The first loop also
// accepts, and gives each client to the loop with the fewest. Who: Server. Threads: see Loop; adopt, stop and the
// counters from any.

#include <array>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/http/listener.hpp"
#include "common/http/server/connection.hpp"
#include "common/http/server/event_loop.hpp"
#include "common/http/server/peer_counts.hpp"
#include "common/http/server/routes.hpp"
#include "common/http/server/server_counters.hpp"
#include "common/http/server/tls.hpp"
#include "common/http/server/workers.hpp"

namespace certes::http {

class ServerLoop;
using Observer = std::function<void(std::string_view route, int status, std::chrono::microseconds)>;

// What the loops of a server share; made before they start.
struct ServerShared {
  ServerOptions options;
  FramingLimits limits;
  RouteTable routes;
  Observer observer;
  Listener listener;
  std::unique_ptr<Workers> workers;
  std::vector<std::unique_ptr<ServerLoop>> loops;
  std::shared_ptr<ServerCounters> counters;
  std::unique_ptr<TlsKeeper> tls;
  PeerCounts peers;  // where the limit is set
};

class ServerLoop final : public EventLoop {
 public:
  ServerLoop(ServerShared& shared, int index);
  ~ServerLoop() override;

  void start();
  // Lets what has begun end until then; join() waits for it. The first loop, which accepts, closes the listener and
  // passes it on to the others.
  void stop(SteadyTime until);
  void join();
  std::size_t connections() const { return connection_count_.load(std::memory_order_relaxed); }

  // For its connections and their workers' answers.
  void answer(std::uint64_t connection, Response&& response) { respond(connection, std::move(response)); }
  ServerShared& shared() { return shared_; }
  LoopCounters& counters() { return counters_; }
  DeadlineWheel& wheel() { return wheel_; }
  Request& request() { return request_; }
  const DirectHandler& handler(const Route& route) const { return handlers_[route.index]; }
  // Empty where the route has none.
  const HeadCheck& head_check(const Route& route) const { return head_checks_[route.index]; }
  std::string_view date();
  bool stopping() const { return stopping_; }
  void want_flush(Connection& connection);
  void want_resume(Connection& connection);
  void buried(Connection& connection, int fd, PeerKey peer);
  // What a connection holds now of what is unfinished. Above the server's limit those that have not moved for longest
  // give way, on whichever loop: this one may be among them when it returns.
  void weigh(Connection& connection, std::size_t bytes, bool moved);
  // To a client that does not speak TLS where it should.
  void answer_in_the_clear(int fd);
  static constexpr std::size_t kScratchBytes = 64u << 10;
  char* scratch() { return scratch_.get(); }

 protected:
  void respond(std::uint64_t connection, Response&& response) override;
  void begin_stream(std::uint64_t connection, Response&& head) override;
  StreamBody* streaming(std::uint64_t connection) override;
  void on_event(std::uint64_t token, std::uint32_t events) override;
  void take_up() override;
  bool end_round() override;
  SteadyTime wait_until() const override;

 private:
  static constexpr std::uint64_t kListenToken = ~1ull;

  struct Slot {
    std::unique_ptr<Connection> connection;
    std::uint32_t generation = 0;
  };

  void make_handlers();
  void watch_listener();
  void accept();
  bool accept_one();
  void take(int fd, const sockaddr_storage& address);
  // 0: not counted. Nothing: it has as many connections as it may.
  std::optional<PeerKey> count_peer(const sockaddr_storage& address, const std::string& peer);
  bool turn_away_by_reserve();
  void pause_accepting();
  void turn_away(int fd, Full reason);
  void say_and_close(int fd, const Response& response);
  void adopt(int fd, std::string peer, PeerKey counted);
  void relieve();
  void ask_for_relief();
  void give_up_oldest();
  Connection* find(std::uint64_t id);
  void stop_accepting(SteadyTime until);
  void stop_now(SteadyTime until);
  void bury();

  ServerShared& shared_;
  std::thread thread_;
  std::atomic<std::thread::id> thread_id_{};
  LoopCounters& counters_;
  std::atomic<std::size_t> connection_count_{0};
  std::atomic<bool> relief_asked_{false};

  // The loop's thread.
  DeadlineWheel wheel_;
  UnfinishedList unfinished_;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_slots_;
  std::vector<std::uint32_t> dead_;  // slots freed at the end of the round
  std::vector<std::uint64_t> flush_, batch_;
  std::deque<std::uint64_t> resume_;     // whose turn it is, first come first served
  std::vector<DirectHandler> handlers_;  // by route
  std::vector<HeadCheck> head_checks_;   // by route
  Request request_;
  std::unique_ptr<char[]> scratch_;
  std::string date_;
  std::int64_t date_second_ = 0;
  int reserve_fd_ = -1;
  bool paused_ = false;  // in accepting
  bool stopping_ = false;
  SteadyTime stop_until_ = SteadyTime::max();
};

}  // namespace certes::http
