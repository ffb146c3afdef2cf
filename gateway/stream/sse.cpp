#include "gateway/stream/sse.hpp"

namespace certes::gateway::stream {

void append_id(std::string& out, std::string_view id) { out.append("id: ").append(id).push_back('\n'); }

void append_event(std::string& out, std::string_view name, std::string_view data) {
  out.append("event: ").append(name).push_back('\n');
  for (;;) {
    const std::size_t end = data.find_first_of("\r\n");
    out.append("data: ").append(data.substr(0, end)).push_back('\n');
    if (end == data.npos) break;
    const bool pair = data[end] == '\r' && end + 1 < data.size() && data[end + 1] == '\n';
    data.remove_prefix(end + (pair ? 2 : 1));
  }
  out.push_back('\n');
}

void append_comment(std::string& out, std::string_view text) { out.append(": ").append(text).append("\n\n"); }

}  // namespace certes::gateway::stream
