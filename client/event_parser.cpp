#include "client/event_parser.hpp"

#include <algorithm>
#include <utility>

namespace certes::client {

namespace {

tl::unexpected<Error> too_large(std::string_view what) {
  return fail(Code::too_large, "the stream has " + std::string(what) + " above " +
                                   std::to_string(EventParser::kMostBytes >> 20) + " MiB");
}

}  // namespace

Result<void> EventParser::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const bool pair = std::exchange(after_cr_, false) && bytes.front() == '\n';
    if (pair) bytes.remove_prefix(1);
    const std::size_t end = std::min(bytes.find_first_of("\r\n"), bytes.size());
    if (line_.size() + end > kMostBytes) return too_large("a line");
    line_.append(bytes.substr(0, end));
    bytes.remove_prefix(end);
    if (bytes.empty()) break;
    after_cr_ = bytes.front() == '\r';
    bytes.remove_prefix(1);
    if (auto ok = end_line(); !ok) return ok;
  }
  return {};
}

void EventParser::restart() {
  line_.clear();
  event_ = {};
  id_ = last_id_;
  after_cr_ = has_data_ = false;
}

Result<void> EventParser::end_line() {
  if (line_.empty()) return dispatch(), Result<void>();
  const std::string_view line = line_;
  const std::size_t colon = line.find(':');
  if (colon != 0) {
    std::string_view value = colon == line.npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (auto ok = take_field(line.substr(0, colon), value); !ok) return ok;
  }
  line_.clear();
  return {};
}

Result<void> EventParser::take_field(std::string_view name, std::string_view value) {
  if (name == "event") {
    event_.name = value;
  } else if (name == "id") {
    if (value.find('\0') == value.npos) id_ = value;
  } else if (name == "data") {
    if (event_.data.size() + value.size() >= kMostBytes) return too_large("an event");
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  }
  return {};
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
