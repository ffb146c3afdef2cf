#pragma once
// Stream: an answer whose body is written bit by bit, for as long as its client stays (HTTP/1.1 chunked; until the
// connection's end for 1.0). Made by Exchange::stream. Who: handlers of server-sent events. Confined to its loop's
// thread, its destruction too, which comes before the server's.
//
// Back-pressure: write() never blocks and always takes what it is given; buffered() says how much of it the client has
// not been sent, and the caller keeps it within its own bound. A client that takes nothing for the server's
// write_timeout is cut off.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

namespace certes::http {

class Loop;

class Stream {
 public:
  Stream() = default;
  Stream(Loop& loop, std::uint64_t connection) : loop_(&loop), connection_(connection) {}
  Stream(Stream&& other) noexcept : loop_(other.loop_), connection_(other.connection_) { other.loop_ = nullptr; }
  Stream& operator=(Stream&& other) noexcept;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { close(); }

  // False once the client has gone, the server stops, or it was closed.
  bool open() const;
  void write(std::string_view bytes);
  // Bytes that the socket has not taken.
  std::size_t buffered() const;
  // Ends the body as complete; what is buffered is still sent. Its callbacks are let go, not called.
  void close();

  // `drained`: all that was written has been sent. `closed`: the client has gone, or the server stops; called once.
  // Both run on the loop. Precondition: open().
  void on_drained(std::function<void()> drained);
  void on_closed(std::function<void()> closed);

 private:
  Loop* loop_ = nullptr;
  std::uint64_t connection_ = 0;
};

}  // namespace certes::http
