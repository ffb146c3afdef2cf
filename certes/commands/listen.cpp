// certes listen: events as they come, each made into what an endpoint would get of it, shown, and posted to --to.
#include <thread>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "certes/commands/received_event.hpp"
#include "certes/commands/stream_follower.hpp"
#include "client/http_client.hpp"
#include "common/base/clock.hpp"
#include "common/base/printable.hpp"
#include "common/crypto/crypto.hpp"
#include "common/event/attributes.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint32_t kTries = 3;
constexpr Millis kBetweenTries{1'000};
constexpr std::size_t kShownBytes = 4'096;

bool is_text(std::string_view body) {
  for (const char c : body)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') return false;
  return event::valid_utf8(body);
}

std::string shown_body(std::string_view body) {
  if (!is_text(body)) return "(" + std::to_string(body.size()) + " bytes)";
  if (body.size() <= kShownBytes) return std::string(body);
  return std::string(body.substr(0, kShownBytes)) + "… (" + std::to_string(body.size()) + " bytes)";
}

Json json_of(const http::Transfer& request) {
  Json json = Json::object();
  Json& headers = json["headers"] = Json::object();
  for (const std::string& line : request.headers) {
    const std::size_t colon = line.find(": ");
    headers[line.substr(0, colon)] = line.substr(std::min(line.size(), colon + 2));
  }
  if (is_text(request.body))
    json["body"] = request.body;
  else
    json["body_base64"] = crypto::base64_encode(request.body);
  return json;
}

// What became of one try.
struct Tried {
  int status = 0;
  std::string error;  // where there was no answer
  bool taken() const { return status / 100 == 2; }
  std::string text() const { return status != 0 ? std::to_string(status) : error; }
};

class Listener {
 public:
  Listener(const ListenOptions& options, dispatcher::Target target)
      : options_(options), target_(std::move(target)), json_(options.connection.json) {}

  // False: that was the last.
  bool take(const client::ServerEvent& event, const std::atomic<bool>& stopped) {
    const auto record = record_of(event.data);
    if (!record) {
      note("an event could not be understood: " + record.error().message);
      return true;
    }
    print_event(*record);
    if (!options_.to.empty()) pass_on(*record, stopped);
    return options_.count == 0 || ++taken_ < options_.count;
  }

 private:
  http::Transfer request(const log::RecordPtr& record, std::uint32_t attempt) const {
    return request_of(record, target_, attempt, SystemClock().unix_millis());
  }

  void print_event(const log::RecordPtr& record) const {
    const std::string type(record->headers.get("ce_type"));
    const std::string id(record->headers.get("certes-id"));
    if (!json_)
      return print_line(printable_line(type + "  " + id) + "\n  " + printable_block(shown_body(record->value), "  "));
    Json json{{"type", type}, {"id", id}};
    json.update(json_of(request(record, 1)));
    print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  void pass_on(const log::RecordPtr& record, const std::atomic<bool>& stopped) {
    for (std::uint32_t attempt = 1; attempt <= kTries && !stopped; ++attempt) {
      const Tried tried = post(request(record, attempt));
      const bool again = !tried.taken() && attempt < kTries;
      print_try(record, attempt, tried, again);
      if (!again) return;
      std::this_thread::sleep_for(kBetweenTries);
    }
  }

  Tried post(const http::Transfer& transfer) {
    client::HttpRequest onward;
    onward.method = "POST";
    onward.url = transfer.url;
    onward.headers = transfer.headers;
    onward.body = std::string(transfer.body);
    onward.timeout = transfer.timeout;
    const auto answered = http_.send(onward);
    return answered ? Tried{answered->status, {}} : Tried{0, answered.error().message};
  }

  void print_try(const log::RecordPtr& record, std::uint32_t attempt, const Tried& tried, bool again) const {
    if (!json_)
      return print_line(printable_line("  → " + options_.to + ": " + tried.text() + (again ? ", again in 1 s" : "")));
    Json json{{"id", record->headers.get("certes-id")}, {"to", options_.to}, {"try", attempt}};
    if (tried.status != 0)
      json["status"] = tried.status;
    else
      json["error"] = tried.error;
    print_line(json.dump(-1, ' ', false, Json::error_handler_t::replace));
  }

  const ListenOptions& options_;
  const dispatcher::Target target_;
  const bool json_;
  client::HttpClient http_;
  std::uint64_t taken_ = 0;
};

void print_begin(const ListenOptions& options, const std::string& secret) {
  if (options.connection.json) return print_line(Json{{"listening", options.pattern}, {"secret", secret}}.dump());
  print_line("listening to " + options.pattern + ", signing with " + secret + " (Ctrl-C ends)");
}

}  // namespace

int run_command(const ListenOptions& options) {
  Signals signals;
  auto key = key_of(options.connection);
  if (!key) return failed(key.error());
  if (!options.to.empty() && !options.to.starts_with("http://") && !options.to.starts_with("https://"))
    return failed({Code::invalid, "--to is no http:// or https:// URL: " + options.to});
  const std::string secret = crypto::StandardWebhooks::new_secret();
  auto target = listener(options.to, secret);
  if (!target) return failed(target.error());
  Listener listener(options, std::move(*target));
  StreamFollower follower(
      options.connection, std::move(*key), {"event", options.pattern, {}, true},
      [&](const client::ServerEvent& event, const std::atomic<bool>& stopped) { return listener.take(event, stopped); },
      [&] { print_begin(options, secret); });
  return follower.follow(signals);
}

}  // namespace certes::command
