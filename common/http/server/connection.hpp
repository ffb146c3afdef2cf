#pragma once
// Connection: one client's socket: frames its requests, hands them on one at a time, writes the answers in order, keeps
// every limit of time and size. Who: ServerLoop owns them. Confined to the loop's thread.
//
// Its socket is watched once, edge-triggered. What was read is framed in the loop's own buffer; only what is left over
// is kept here, so an idle connection holds next to none; what others hold is weighed (unfinished.hpp).

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "common/http/server/deadline_wheel.hpp"
#include "common/http/server/framing.hpp"
#include "common/http/server/input.hpp"
#include "common/http/server/peer_counts.hpp"
#include "common/http/server/server.hpp"
#include "common/http/server/transport.hpp"
#include "common/http/server/unfinished.hpp"

namespace certes::http {

class ServerLoop;
struct Route;

class Connection final : public DeadlineWheel::Entry, public UnfinishedList::Holder, private StreamBody {
 public:
  Connection(ServerLoop& loop, std::uint64_t id, Transport transport, std::string peer, PeerKey counted);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  std::uint64_t id() const { return id_; }
  bool dead() const { return phase_ == Phase::dead; }

  void on_events(std::uint32_t events);
  void on_deadline();
  void respond(Response&& response);
  // The answer's head now, its body through streaming() (connection_stream.cpp).
  void begin_stream(Response&& head);
  StreamBody* streaming() { return phase_ == Phase::streaming ? this : nullptr; }
  // Goes on after an answer was given, or written.
  void resume();
  void flush();
  // No further requests: closes at once if none has begun.
  void stop();
  void die();
  // Says what it holds now; `moved`: bytes came or went. It may be what has to be given up.
  void weigh(bool moved);
  // Lets go of what it holds of a request that is not whole, as there is no more room (connection_unfinished.cpp).
  void give_up_unfinished();

  bool queued_flush = false, queued_resume = false;  // the loop's lists

 private:
  static constexpr std::size_t kOutputBound = 64u << 10;  // more to be written: no further request is taken up
  enum class Phase : std::uint8_t { reading, answering, streaming, closing, lingering, dead };
  enum class Timer : std::uint8_t { none, handshake, idle, header, body, write, linger };

  void begin_turn(std::chrono::microseconds length);
  bool turn_over() const;
  void read_first();
  bool handshake();
  void read();
  bool read_once();
  void make_room();
  void consume(char* data, std::size_t size);
  void end_of_input();
  void discard();
  void want_more(const char* data, std::size_t size);
  void wait_for_more();
  bool refused_by_head(const char* data, std::size_t size);
  std::optional<Response> decided_by_head(const Request& head, std::size_t size);
  void begin(const Request& request);
  void dispatch(const char* data);
  void call(const Route& route, const Request& request, const char* data);
  void queue(const PooledRoute& route, const Request& request, const char* data);
  void answered(int status);
  void refuse(const Refusal& refusal);
  void set_timer(Timer timer, Millis delay);
  std::size_t unfinished_bytes() const;
  bool idle() const;
  bool output_empty() const { return written_ == out_.size() + body_.size(); }
  void written();
  void linger();

  // StreamBody
  void write(std::string_view bytes) override;
  std::size_t buffered() const override { return out_.size() - written_; }
  void end() override;
  void stream_closed();

  ServerLoop& loop_;
  const std::uint64_t id_;
  Transport transport_;
  const std::string peer_;
  const PeerKey counted_;  // 0: against no limit
  Phase phase_ = Phase::reading;
  Timer timer_ = Timer::none;
  bool readable_ = false;  // the socket may hold more
  bool hung_up_ = false;   // the client will send no more: read to the end
  bool end_seen_ = false;  // and it was read
  bool blocked_ = false;   // the socket takes no more for now
  bool consuming_ = false;
  bool head_checked_ = false;                                    // of the request that is being read
  bool chunked_ = false;                                         // of the streamed body
  bool keep_alive_ = true, version_1_0_ = false, head_ = false;  // of the request in progress
  const Route* route_ = nullptr;
  SteadyTime received_{}, turn_ends_{};
  Input in_;
  Framing framing_;
  std::string out_;   // headers and small bodies
  std::string body_;  // one large body, after out_
  std::size_t written_ = 0;
};

}  // namespace certes::http
