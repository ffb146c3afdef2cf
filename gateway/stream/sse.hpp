#pragma once
// Server-sent events, as WHATWG HTML says ("Server-sent events", the event stream format): what goes over the wire.
// Who: gateway/stream. Pure, any thread.

#include <string>
#include <string_view>

namespace certes::gateway::stream {

inline constexpr std::string_view kContentType = "text/event-stream";

// A line with the id that the client asks to go on from. Without data behind it (an empty line ends it), it is
// remembered, and nothing is shown. Precondition: neither CR, LF nor NUL in it.
void append_id(std::string& out, std::string_view id);
// The rest of an event: its name, its data line by line (CR LF, CR and LF end lines alike), and the empty line.
void append_event(std::string& out, std::string_view name, std::string_view data);
// Nothing but a sign of life.
void append_comment(std::string& out, std::string_view text);

}  // namespace certes::gateway::stream
