// certes events tail, certes logs tail: what GET /stream shows, until a signal.
#include <algorithm>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/stream_follower.hpp"
#include "common/base/printable.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

std::string member_of(const Json& event, const char* member) {
  const auto found = event.find(member);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string payload(const Json& event, const std::string& written) {
  if (const auto data = event.find("data"); data != event.end())
    return data->is_string() ? data->get<std::string>() : compact_json(raw_member(written, "data"));
  return event.contains("data_base64") ? "(base64) " + member_of(event, "data_base64") : std::string();
}

// "2026-01-31T08:00:00Z  order.created  evt_…  caused by evt_…" and the payload below.
std::string shown(const client::ServerEvent& event) {
  const Json json = json_or_null<Json>(event.data);
  if (!json.is_object()) return event.name + "  " + event.data;
  std::string line = member_of(json, "time") + "  ";
  if (event.name != "event" && event.name != "log") line += event.name + " ";
  line += member_of(json, "type");
  if (event.name != "log") line += "  " + member_of(json, "certesid");
  if (const std::string cause = member_of(json, "causeid"); !cause.empty()) line += "  caused by " + cause;
  std::string text = printable_line(line);
  if (const std::string data = payload(json, event.data); !data.empty()) text += "\n  " + printable_block(data, "  ");
  return text;
}

// Between the tokens of JSON a line's end is a space.
std::string one_line(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

}  // namespace

int run_command(const TailOptions& options) {
  Signals signals;
  auto key = key_of(options.connection);
  if (!key) return failed(key.error());
  std::uint64_t count = 0;
  StreamFollower follower(options.connection, std::move(*key), {options.kinds, options.pattern, options.after},
                          [&](const client::ServerEvent& event, const std::atomic<bool>&) {
                            print_line(options.connection.json ? one_line(event.data) : shown(event));
                            return options.count == 0 || ++count < options.count;
                          });
  return follower.follow(signals);
}

}  // namespace certes::command
