#pragma once
// Event-loop HTTP/1.1 server: N epoll threads that frame requests themselves (RFC 9112, strictly), enforce every limit
// before anything else sees a byte, and hand a whole request to a *direct* route on the loop's thread, or to a *pooled*
// one on a small pool of workers. Who: gateway, Master API, health and metrics of every role.
//
// Threads: configure from one thread before start(). A direct handler runs on its loop's thread and must not block; it
// answers now or later through its Exchange. Pooled handlers may block.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/clock.hpp"
#include "common/base/result.hpp"
#include "common/http/server/stream.hpp"

namespace certes::metrics {
class Metrics;
}

namespace certes::http {

struct HeaderView {
  std::string_view name;   // as sent; compare without case
  std::string_view value;  // trimmed
};

// A whole request. Views are valid until the handler returns.
struct Request {
  std::string_view method;
  std::string_view target;  // as sent
  std::string_view path;    // up to '?', still percent-encoded
  std::string_view query;   // after '?'
  std::vector<HeaderView> headers;
  std::string_view body;  // chunked bodies are joined
  std::string_view peer;  // address without port
  // The first header of that name, without regard to case; empty if there is none.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;
};

struct Response {
  int status = 200;
  std::string content_type;  // empty: none
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;
};

// Renders RFC 9457 problem details: {"type":"/problems/<slug>","title","status","detail","pointer"?}, the type relative
// to the server that answers, which has a page for it: `slug` is one of problem_types.hpp.
Response problem(int status, std::string_view slug, std::string_view title, std::string_view detail,
                 std::string_view pointer = {});
// Adds "errors":[{"pointer","detail"},…] to rendered problem details.
struct Fault {
  std::string pointer, detail;
};
void add_faults(Response& problem, const std::vector<Fault>& faults);

class Loop;

// The right to answer one request, once. Movable; letting it go unanswered answers 500.
// respond: on the loop's thread only (use Loop::post from others). If the connection is gone it does nothing.
class Exchange {
 public:
  Exchange(Loop& loop, std::uint64_t connection) : loop_(&loop), connection_(connection) {}
  Exchange(Exchange&& other) noexcept
      : loop_(other.loop_), connection_(other.connection_), also_(std::move(other.also_)) {
    other.loop_ = nullptr;
  }
  Exchange& operator=(Exchange&& other) noexcept;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  ~Exchange();

  // A header that the answer will have, whatever it is.
  void also(std::string name, std::string value);
  void respond(Response&& response);
  // Answers with this head (its body counts for nothing) and a body that is written as it comes. The connection ends
  // with it. The stream is not open if the client has gone, or asked for the head only.
  Stream stream(Response&& head);
  Loop& loop() const { return *loop_; }

 private:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  void add_headers(Response& response);

  Loop* loop_;
  std::uint64_t connection_;
  std::unique_ptr<Headers> also_;  // seldom there
};

using DirectHandler = std::function<void(const Request&, Exchange)>;
// A request that is served in steps. On a worker; the request outlives it.
class Steps {
 public:
  virtual ~Steps() = default;
  // Its answer. Nothing: there is more to do, in its next turn.
  virtual std::optional<Response> step() = 0;
  // Bytes that it holds between steps.
  virtual std::size_t held() const = 0;
};

// An answer, or the steps to one.
using PooledAnswer = std::variant<Response, std::unique_ptr<Steps>>;
using PooledHandler = std::function<PooledAnswer(const Request&)>;
// Looks at a request whose header is there and whose body is not yet (`body` is empty). An answer is sent, what was to
// come is not read, the connection closes; `Expect: 100-continue` gets it instead of 100. Nothing: the body is waited
// for, and the handler called. Not called where the body came with the header, so the handler must check the same.
using HeadCheck = std::function<std::optional<Response>(const Request& head)>;

// What a pooled route says of a request before it waits for a worker: an answer, which ends it there, or whose share of
// the workers it takes (a tenant's name; empty: nobody's).
struct Entrance {
  std::optional<Response> answer;
  std::string share;
};

struct PooledRoute {
  PooledHandler handler;  // what it throws is answered 500, without its text
  // May take long (it reads topics, is a job): not to be waited for by short requests, and better served in steps.
  bool lengthy = false;
  // On the loop's thread, must not block. None: nobody's share.
  std::function<Entrance(const Request&)> enter = {};
  std::size_t max_body_bytes = 0;  // above: 413. 0: the server's
};

// The body of a streaming connection, as its Stream sees it. Confined to the loop.
class StreamBody {
 public:
  virtual void write(std::string_view bytes) = 0;
  virtual std::size_t buffered() const = 0;
  virtual void end() = 0;
  std::function<void()> on_drained, on_closed;

 protected:
  ~StreamBody() = default;
};

// One epoll thread of a server, as its handlers see it. All but post and index: on the loop's thread only.
class Loop {
 public:
  using TimerId = std::uint64_t;
  virtual ~Loop() = default;
  virtual int index() const = 0;
  // Runs `work` on the loop's thread soon. Any thread, does not block.
  virtual void post(std::function<void()> work) = 0;
  // A function that any thread may call, which makes `on_loop` run on this loop soon; calls in between are merged.
  virtual std::function<void()> waker(std::function<void()> on_loop) = 0;
  // Runs after each round of events, before the loop blocks again: where a batch is flushed.
  virtual void at_round_end(std::function<void()> work) = 0;
  virtual TimerId after(Millis delay, std::function<void()> work) = 0;
  virtual void cancel(TimerId timer) = 0;
  virtual SteadyTime now() const = 0;  // of this round: cheap

 protected:
  friend class Exchange;
  friend class Stream;
  virtual void respond(std::uint64_t connection, Response&& response) = 0;
  virtual void begin_stream(std::uint64_t connection, Response&& head) = 0;
  // The body of a connection that streams; null: it does not, or not any more.
  virtual StreamBody* streaming(std::uint64_t connection) = 0;
};

// Files in PEM. The certificate's holds its chain too; the key's is not encrypted.
struct TlsFiles {
  std::string cert_file, key_file;  // empty: no TLS
  std::string client_ca_file;       // clients must show a certificate of one of these; empty: they need none
  std::string setting;              // what stands before tls_cert_file in errors: "gateway."
};

struct ServerOptions {
  std::string name = "gateway";        // in errors, log lines and thread names
  std::string listen = "127.0.0.1:0";  // host:port, [v6]:port; port 0 picks a free one
  int loops = 1;
  int workers = 2;          // threads for pooled routes
  int lengthy_workers = 1;  // the same for lengthy ones
  // Requests waiting for a worker, of each of the two kinds, and their bytes; above: 503, by shares.
  std::size_t worker_queue = 1'024;
  std::size_t worker_queue_bytes = 64u << 20;
  std::size_t max_connections = 10'000;  // above: accepted and closed with 503
  // Of one address, or of one /64 of IPv6; above: closed with 429. 0: no limit.
  std::size_t max_connections_per_peer = 0;
  std::function<bool(std::string_view peer)> unlimited_peer;  // to whom that limit does not apply: proxies
  std::size_t max_header_bytes = 32u << 10;
  std::size_t max_headers = 100;
  std::size_t max_body_bytes = 1u << 20;
  // Held by all connections for requests that are not whole and answers that are not taken; above, who has not moved
  // for longest is closed (503). 0: the larger of 64 MiB and 16 bodies of the largest size.
  std::size_t max_unfinished_bytes = 0;
  Millis header_timeout{10'000};  // from the first byte to the end of the header; idle connections: idle_timeout.
                                  // The same again for a TLS handshake
  Millis body_timeout{20'000};    // whole body
  Millis write_timeout{20'000};   // no progress in writing the answer
  Millis idle_timeout{75'000};    // keep-alive
  TlsFiles tls;
};

// Counters the server keeps; read from any thread.
struct ServerStats {
  std::uint64_t accepted = 0, refused_connections = 0, open_connections = 0, requests = 0, bad_requests = 0,
                timeouts = 0,  // but for those of idle connections
      handshakes = 0, failed_handshakes = 0,
                unfinished_bytes = 0;  // now: see ServerOptions::max_unfinished_bytes
};

class Server {
 public:
  explicit Server(ServerOptions options);
  ~Server();

  // Routes, before start(). `pattern`: a path whose segments may be `{name}` (one segment, not empty); the most
  // specific wins. 405 with Allow, and 404, come from this table; HEAD is served by GET routes.
  // `make`: called once per loop, on its thread, before its first request; so a handler can have state per loop.
  // `make_check`: likewise, and its check runs on the loop's thread; for routes that refuse most strangers by their
  // header (a key, a content type), so that these cannot make the server hold bodies. Empty: no check.
  void direct(std::string method, std::string pattern, std::function<DirectHandler(Loop&)> make,
              std::function<HeadCheck(Loop&)> make_check = {});
  void pooled(std::string method, std::string pattern, PooledRoute route,
              std::function<HeadCheck(Loop&)> make_check = {});
  void pooled(std::string method, std::string pattern, PooledHandler handler,
              std::function<HeadCheck(Loop&)> make_check = {});

  // Called for every request that ended, on the loop's thread: route pattern ("" if none), status, time since its last
  // byte arrived.
  void on_finished(std::function<void(std::string_view route, int status, std::chrono::microseconds)> observer);

  // Binds and starts the threads. Errors: invalid (address), conflict (port in use, and says so).
  Result<void> start();
  std::uint16_t port() const;
  std::string address() const;  // host:port with the port that was bound
  // "http" or "https".
  std::string_view scheme() const;
  // Reads the certificate again if its files have changed, or `force`; open connections keep theirs. True: it was read.
  // Error: it is bad, told once for each state of the files; the one in use stays. Any thread, reads files.
  Result<bool> reload_certificate(bool force);
  // When the certificate in use expires, in unix seconds; 0: no TLS. Any thread.
  std::int64_t certificate_expires_at() const;
  // Stops accepting, answers what has been begun (at most `limit`), closes, joins. Blocks.
  void stop(Millis limit);
  ServerStats stats() const;
  // The same and more as certes_http_…{listener=name}. Once, before start(); Pages does it.
  void expose(metrics::Metrics& metrics) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The value of `{name}` in a path that matched `pattern`, percent-decoded once; nothing if it is malformed.
std::optional<std::string> path_parameter(std::string_view pattern, std::string_view path, std::string_view name);
// The value of `name` in a query, percent-decoded ('+' is a space); nothing if absent.
std::optional<std::string> query_parameter(std::string_view query, std::string_view name);
// The names of all that stand there, decoded where they can be.
std::vector<std::string> query_names(std::string_view query);

}  // namespace certes::http
