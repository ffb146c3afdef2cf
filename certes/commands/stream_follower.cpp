#include "certes/commands/stream_follower.hpp"

#include <thread>
#include <utility>

#include "certes/commands/console.hpp"
#include "common/event/attributes.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr Millis kPause{1'000};  // between two tries

bool is_stream(const client::HttpAnswer& head) {
  return event::equal_ignoring_case(event::media_type(head.content_type), "text/event-stream");
}

void notice(const client::ServerEvent& event) {
  const Json json = json_or_null<Json>(event.data);
  const auto detail = json.is_object() ? json.find("detail") : json.end();
  note(event.name + ": " + (detail != json.end() && detail->is_string() ? detail->get<std::string>() : ""));
}

}  // namespace

StreamFollower::StreamFollower(const Connection& connection, std::string key, Wanted wanted, Take take,
                               std::function<void()> began)
    : connection_(connection),
      key_(std::move(key)),
      wanted_(std::move(wanted)),
      take_(std::move(take)),
      began_(std::move(began)) {}

int StreamFollower::run() {
  for (bool began = false; !stop_;) {
    parser_.restart();
    const auto take_part = [&](const client::HttpAnswer& head, std::string_view bytes) {
      if (!is_stream(head)) return false;
      began = true;
      if (began_) std::exchange(began_, nullptr)();
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

int StreamFollower::follow(Signals& signals) {
  std::atomic<int> status{kExitOk};
  std::thread thread([&] {
    status = run();
    stop_ = true;
    signals.wake();
  });
  while (!stop_ && signals.wait() != Signals::Event::signal) {
  }
  stop_ = true;
  thread.join();
  return status;
}

Error StreamFollower::no_stream(const client::HttpAnswer& head) const {
  const std::string came = head.content_type.empty() ? "without a content type" : "with " + head.content_type;
  return {Code::invalid, connection_.gateway_url + " answers " + std::to_string(head.status) + " " + came +
                             ", which is no text/event-stream: is it a gateway?"};
}

client::HttpRequest StreamFollower::request() const {
  client::HttpRequest request;
  request.url = connection_.gateway_url;
  request.ca_file = connection_.ca_file;
  while (request.url.ends_with('/')) request.url.pop_back();
  if (!connection_.tenant.empty()) request.url += "/t/" + client::percent_encode(connection_.tenant);
  request.url += "/stream?kind=" + client::percent_encode(wanted_.kinds) +
                 "&pattern=" + client::percent_encode(wanted_.pattern) + (wanted_.headers ? "&headers=true" : "");
  client::add_key(request, key_);
  const std::string& last = parser_.last_id().empty() ? wanted_.after : parser_.last_id();
  if (!last.empty()) request.headers.push_back("Last-Event-ID: " + last);
  return request;
}

void StreamFollower::take(const client::ServerEvent& event) {
  if (event.name == "dropped" || event.name == "gap" || event.name == "ended") return notice(event);
  if (!stop_ && !take_(event, stop_)) stop_ = true;
}

}  // namespace certes::command
