#include "client/event_parser.hpp"

namespace certes::client {

void EventParser::feed(std::string_view bytes) {
  for (const char c : bytes) {
    const bool pair = after_cr_ && c == '\n';
    after_cr_ = c == '\r';
    if (pair) continue;
    if (c == '\r' || c == '\n')
      end_line();
    else
      line_ += c;
  }
}

void EventParser::restart() {
  line_.clear();
  event_ = {};
  id_ = last_id_;
  after_cr_ = has_data_ = false;
}

void EventParser::end_line() {
  if (line_.empty()) return dispatch();
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  if (colon != 0) {
    std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    take_field(line.substr(0, colon), value);
  }
  line_.clear();
}

void EventParser::take_field(std::string_view name, std::string_view value) {
  if (name == "event") {
    event_.name = value;
  } else if (name == "id") {
    if (value.find('\0') == value.npos) id_ = value;
  } else if (name == "data") {
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  }
}

void EventParser::dispatch() {
  last_id_ = id_;
  if (has_data_) {
    if (event_.name.empty()) event_.name = "message";
    take_(event_);
  }
  event_ = {};
  has_data_ = false;
}

}  // namespace certes::client
