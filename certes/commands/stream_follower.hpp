#pragma once
// StreamFollower: what GET /stream shows, until it is stopped. Where the gateway is away, or has dropped us, it goes on
// where it was. Who: certes events tail, logs tail, listen.
// Confined to one thread.

#include <atomic>
#include <functional>
#include <string>

#include "certes/options.hpp"
#include "certes/signals.hpp"
#include "client/event_parser.hpp"
#include "client/http_client.hpp"

namespace certes::command {

class StreamFollower {
 public:
  struct Wanted {
    std::string kinds, pattern;
    std::string after;     // an id of the stream; empty: from now on
    bool headers = false;  // with what an endpoint would get besides
  };
  // `take`: each event, on a thread of its own, until it says false; it should end soon once it is stopped. `began`:
  // once, when the gateway has begun to show.
  using Take = std::function<bool(const client::ServerEvent&, const std::atomic<bool>& stopped)>;
  StreamFollower(const Connection& connection, std::string key, Wanted wanted, Take take,
                 std::function<void()> began = {});

  // Until a signal, until `take` says so, or until it cannot go on: the exit status. Once.
  int follow(Signals& signals);

 private:
  int run();
  client::HttpRequest request() const;
  Error no_stream(const client::HttpAnswer& head) const;
  void take(const client::ServerEvent& event);

  const Connection& connection_;
  const std::string key_;
  const Wanted wanted_;
  const Take take_;
  std::function<void()> began_;  // empty: it was told
  std::atomic<bool> stop_{false};
  Result<void> taken_;  // why the stream cannot be read, else nothing
  client::HttpClient http_;
  client::EventParser parser_{[this](const client::ServerEvent& event) { take(event); }};
};

}  // namespace certes::command
