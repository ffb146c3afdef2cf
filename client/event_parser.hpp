#pragma once
// EventParser: server-sent events out of bytes as they come, as WHATWG HTML says ("Server-sent events", interpreting an
// event stream). Who: certes events tail, certes logs tail. Pure, confined to one thread.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "common/base/result.hpp"

namespace certes::client {

struct ServerEvent {
  std::string name;  // "message" where the stream gives none
  std::string data;
};

class EventParser {
 public:
  static constexpr std::size_t kMostBytes = 16u << 20;  // of a line, and of an event's data
  using Take = std::function<void(const ServerEvent&)>;
  explicit EventParser(Take take) : take_(std::move(take)) {}

  // Error: a line or an event is too large. Nothing may be fed then before restart().
  Result<void> feed(std::string_view bytes);
  // A new connection: what was incomplete is gone, the last id stays.
  void restart();
  // To be sent as Last-Event-ID; empty: none was given yet.
  const std::string& last_id() const { return last_id_; }

 private:
  Result<void> end_line();
  Result<void> take_field(std::string_view name, std::string_view value);
  void dispatch();

  Take take_;
  std::string line_, last_id_, id_;
  ServerEvent event_;
  bool after_cr_ = false, has_data_ = false;
};

}  // namespace certes::client
