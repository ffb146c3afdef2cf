#pragma once
// Inside client/forward only: what a Forwarder consists of.

#include "client/forward/forwarder.hpp"

namespace certes::client {

struct Forwarder::Event {
  std::int64_t sequence = 0;
  std::uint32_t bytes = 0;
  std::uint32_t attempts = 0;  // that failed
  Form form = Form::plain;
  bool alone = false;
  bool ended = false;
  UnixMillis first_failed_at = 0;
  SteadyTime due{};  // not before; only the first of a key looks at it
  Route* route = nullptr;
  Lane* lane = nullptr;                        // of its key; none without one
  Event *before = nullptr, *behind = nullptr;  // in its lane
};

// The events of one key, oldest first. Those in flight stand at its front.
struct Forwarder::Lane {
  std::string key;
  Event *front = nullptr, *back = nullptr;

  void append(Event& event) {
    event.before = back;
    (back == nullptr ? front : back->behind) = &event;
    back = &event;
  }
  void remove(Event& event) {
    (event.before == nullptr ? front : event.before->behind) = event.behind;
    (event.behind == nullptr ? back : event.behind->before) = event.before;
  }
};

// What goes to one path of the gateway.
struct Forwarder::Route {
  std::string path;
  std::map<std::int64_t, Event*> ready;  // unkeyed ones, and the first of each key
  SteadyTime closed_until{};
  bool away = false;  // the last answer was none: one request at a time
  std::size_t flying = 0;
  std::size_t events = 0;
};

}  // namespace certes::client
