// certes events tail, certes logs tail: what GET /stream shows, until a signal. When the gateway is away, or has
// dropped us, it goes on where it was.
#include <atomic>
#include <thread>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/base/printable.hpp"
#include "certes/signals.hpp"
#include "client/event_parser.hpp"
#include "common/event/attributes.hpp"
#include "common/json/json.hpp"
#include "common/json/json_text.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr Millis kPause{1'000};  // between two tries

std::string text_of(const Json& event, const char* member) {
  const auto found = event.find(member);
  return found != event.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string payload(const Json& event, const std::string& written) {
  if (const auto data = event.find("data"); data != event.end())
    return data->is_string() ? data->get<std::string>() : compact_json(raw_member(written, "data"));
  return event.contains("data_base64") ? "(base64) " + text_of(event, "data_base64") : std::string();
}

// "2026-01-31T08:00:00Z  order.created  evt_…  caused by evt_…" and the payload below.
std::string shown(const client::ServerEvent& event) {
  const Json json = json_or_null<Json>(event.data);
  if (!json.is_object()) return event.name + "  " + event.data;
  std::string line = text_of(json, "time") + "  ";
  if (event.name != "event" && event.name != "log") line += event.name + " ";
  line += text_of(json, "type");
  if (event.name != "log") line += "  " + text_of(json, "certesid");
  if (const std::string cause = text_of(json, "causeid"); !cause.empty()) line += "  caused by " + cause;
  std::string text = printable_line(line);
  if (const std::string data = payload(json, event.data); !data.empty()) text += "\n  " + printable_block(data, "  ");
  return text;
}

class Follower {
 public:
  Follower(const TailOptions& options, std::string key, Signals& signals)
      : options_(options), key_(std::move(key)), signals_(signals) {}

  // Until it is stopped, or cannot go on.
  int run() {
    for (bool began = false; !stop_;) {
      parser_.restart();
      const auto take_part = [&](const client::HttpAnswer& head, std::string_view bytes) {
        if (!is_stream(head)) return false;
        began = true;
        taken_ = parser_.feed(bytes);
        return taken_ && !stop_;
      };
      const auto answer = http_.receive(request(), take_part, stop_);
      if (stop_) break;
      if (!taken_) return failed(taken_.error());
      if (answer && answer->status / 100 == 2 && !is_stream(*answer)) return failed(no_stream(*answer));
      if (answer && answer->status / 100 != 2 && answer->status < 500) return failed(client::error_of(*answer));
      if (!began) return failed(answer ? client::error_of(*answer) : answer.error());
      std::this_thread::sleep_for(kPause);
    }
    return kExitOk;
  }
  void stop() { stop_ = true; }
  bool stopped() const { return stop_; }

 private:
  static bool is_stream(const client::HttpAnswer& head) {
    return event::equal_ignoring_case(event::media_type(head.content_type), "text/event-stream");
  }

  Error no_stream(const client::HttpAnswer& head) const {
    const std::string came = head.content_type.empty() ? "without a content type" : "with " + head.content_type;
    return {Code::invalid, options_.connection.gateway_url + " answers " + std::to_string(head.status) + " " + came +
                               ", which is no text/event-stream: is it a gateway?"};
  }

  client::HttpRequest request() const {
    client::HttpRequest request;
    request.url = options_.connection.gateway_url;
    while (request.url.ends_with('/')) request.url.pop_back();
    if (!options_.connection.tenant.empty()) request.url += "/t/" + client::percent_encode(options_.connection.tenant);
    request.url += "/stream?kind=" + client::percent_encode(options_.kinds) +
                   "&pattern=" + client::percent_encode(options_.pattern);
    client::add_key(request, key_);
    const std::string& last = parser_.last_id().empty() ? options_.after : parser_.last_id();
    if (!last.empty()) request.headers.push_back("Last-Event-ID: " + last);
    return request;
  }

  void take(const client::ServerEvent& event) {
    if (event.name == "dropped" || event.name == "gap" || event.name == "ended") return notice(event);
    if (stop_) return;
    print_line(options_.connection.json ? one_line(event.data) : shown(event));
    if (options_.count == 0 || ++count_ < options_.count) return;
    stop_ = true;
    signals_.wake();
  }

  static void notice(const client::ServerEvent& event) {
    const Json json = json_or_null<Json>(event.data);
    note(event.name + ": " + (json.is_object() ? text_of(json, "detail") : ""));
  }

  // Between the tokens of JSON a line's end is a space.
  static std::string one_line(std::string text) {
    std::replace(text.begin(), text.end(), '\n', ' ');
    return text;
  }

  const TailOptions& options_;
  const std::string key_;
  Signals& signals_;
  std::atomic<bool> stop_{false};
  std::uint64_t count_ = 0;
  Result<void> taken_;  // why the stream cannot be read, else nothing
  client::HttpClient http_;
  client::EventParser parser_{[this](const client::ServerEvent& event) { take(event); }};
};

}  // namespace

int run_command(const TailOptions& options) {
  Signals signals;
  auto key = key_of(options.connection);
  if (!key) return failed(key.error());
  Follower follower(options, std::move(*key), signals);
  std::atomic<int> status{kExitOk};
  std::thread thread([&] {
    status = follower.run();
    follower.stop();
    signals.wake();
  });
  while (!follower.stopped() && signals.wait() != Signals::Event::signal) {
  }
  follower.stop();
  thread.join();
  return status;
}

}  // namespace certes::command
