// certes listen: a temporary endpoint and subscription, whose deliveries are received here, checked and printed.
#include <atomic>
#include <mutex>

#include "certes/commands/commands.hpp"
#include "certes/commands/console.hpp"
#include "common/base/printable.hpp"
#include "certes/signals.hpp"
#include "common/base/clock.hpp"
#include "common/base/ids.hpp"
#include "common/crypto/crypto.hpp"
#include "common/http/server/server.hpp"
#include "common/json/json.hpp"

namespace certes::command {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::int64_t kToleranceSeconds = 300;
constexpr std::size_t kShownBytes = 4'096;

http::Response answer(int status, std::string body = "") {
  http::Response response;
  response.status = status;
  response.content_type = body.empty() ? "" : "text/plain; charset=utf-8";
  response.body = std::move(body);
  return response;
}

bool is_printable(std::string_view body) {
  for (const char c : body)
    if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t' && c != '\r') return false;
  return true;
}

std::string shown_body(std::string_view body) {
  if (!is_printable(body)) return "(" + std::to_string(body.size()) + " bytes)";
  if (body.size() <= kShownBytes) return std::string(body);
  return std::string(body.substr(0, kShownBytes)) + "… (" + std::to_string(body.size()) + " bytes)";
}

// Not passed on: they belong to the connection.
bool is_own_header(std::string_view name) {
  for (const char* own : {"host", "content-length", "connection", "transfer-encoding", "keep-alive", "accept"})
    if (name.size() == std::string_view(own).size() && std::equal(name.begin(), name.end(), own, [](char a, char b) {
          return std::tolower(static_cast<unsigned char>(a)) == b;
        }))
      return true;
  return false;
}

// Receives on the server's workers.
class Receiver {
 public:
  Receiver(const ListenOptions& options, Signals& signals) : options_(options), signals_(signals) {}

  // Before the first delivery.
  void expect(crypto::StandardWebhooks signatures) {
    const std::lock_guard lock(mutex_);
    signatures_ = std::move(signatures);
  }

  http::Response receive(const http::Request& request) {
    const auto verified = verify(request);
    http::Response response = verified ? pass_on(request) : answer(401, verified.error().message + "\n");
    print_delivery(request, verified, response.status);
    if (options_.count != 0 && ++received_ == options_.count) signals_.wake();
    return response;
  }

  bool is_done() const { return unread_ || (options_.count != 0 && received_ >= options_.count); }
  bool is_unread() const { return unread_; }

 private:
  Result<void> verify(const http::Request& request) {
    const std::lock_guard lock(mutex_);
    if (!signatures_) return fail(Code::unauthenticated, "the signing secret is not known yet");
    return signatures_->verify(request.header("webhook-id"), request.header("webhook-timestamp"),
                               request.header("webhook-signature"), request.body, SystemClock().unix_millis() / 1'000,
                               kToleranceSeconds);
  }

  http::Response pass_on(const http::Request& request) const {
    if (options_.to.empty()) return answer(204);
    client::HttpRequest onward;
    onward.method = "POST";
    onward.url = options_.to;
    onward.body = std::string(request.body);
    for (const http::HeaderView& header : request.headers)
      if (!is_own_header(header.name))
        onward.headers.push_back(std::string(header.name) + ": " + std::string(header.value));
    auto answered = client::HttpClient().send(onward);
    if (!answered) return answer(502, answered.error().message + "\n");
    http::Response response = answer(answered->status, std::move(answered->body));
    response.content_type = answered->content_type;
    return response;
  }

  void print_delivery(const http::Request& request, const Result<void>& verified, int status) {
    std::string line(request.header("ce-type"));
    line += "  " + std::string(request.header("webhook-id"));
    line += "  try " + std::string(request.header("certes-attempt"));
    line += verified ? "  signature good" : "  SIGNATURE BAD: " + verified.error().message;
    if (!options_.to.empty()) line += "  → " + options_.to + ": " + std::to_string(status);
    const std::string text = printable_line(line) + "\n  " + printable_block(shown_body(request.body), "  ");
    const std::lock_guard lock(mutex_);
    if (try_print_line(text)) return;
    unread_ = true;
    signals_.wake();
  }

  const ListenOptions& options_;
  Signals& signals_;
  std::atomic<std::uint64_t> received_{0};
  std::atomic<bool> unread_{false};  // nobody reads standard output any more
  std::mutex mutex_;
  std::optional<crypto::StandardWebhooks> signatures_;  // guarded by mutex_; so is standard output
};

// The endpoint and its subscription, gone with the object.
class Temporary {
 public:
  explicit Temporary(client::ApiClient& api) : api_(api), id_(new_id()) {}
  ~Temporary() {
    if (made_) (void)api_.request("DELETE", "/endpoints/" + id_ + "?cascade=true");
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  // Gives the signing secret.
  Result<std::string> make_endpoint(const std::string& url) {
    Json body = Json::object();
    body["id"] = id_;
    body["url"] = url;
    const auto made = api_.request("POST", "/endpoints", body.dump());
    if (!made) return fail(made.error());
    made_ = true;
    const Json endpoint = json_or_null<Json>(made->body);
    if (!endpoint.is_object() || !endpoint.contains("secret") || !endpoint["secret"].is_string())
      return fail(Code::internal, "the service gave no signing secret");
    return endpoint["secret"].get<std::string>();
  }

  Result<void> subscribe(const ListenOptions& options) {
    Json body = Json::object();
    body["id"] = id_;
    body["endpoint"] = id_;
    body["pattern"] = options.pattern;
    body["priority"] = options.priority;
    const auto made = api_.request("POST", "/subscriptions", body.dump());
    if (!made) return fail(made.error());
    return {};
  }

 private:
  static std::string new_id() {
    const SystemClock clock;
    return IdGenerator(clock).next("listen-");
  }

  client::ApiClient& api_;
  const std::string id_;
  bool made_ = false;
};

int listen(client::ApiClient& api, const ListenOptions& options, const http::Server& server, Receiver& receiver,
           Signals& signals) {
  const std::string url = options.public_url.empty() ? "http://" + server.address() + "/" : options.public_url;
  Temporary temporary(api);
  const auto secret = temporary.make_endpoint(url);
  if (!secret) return failed(secret.error());
  auto signatures = crypto::StandardWebhooks::make(*secret);
  if (!signatures) return failed(signatures.error());
  receiver.expect(std::move(*signatures));
  if (auto subscribed = temporary.subscribe(options); !subscribed) return failed(subscribed.error());
  if (!try_print_line("listening to " + options.pattern + " at " + url + " (Ctrl-C ends)")) return kExitFailure;
  while (signals.wait() != Signals::Event::signal && !receiver.is_done()) {
  }
  return kExitOk;
}

}  // namespace

int run_command(const ListenOptions& options) {
  Signals signals;
  auto api = api_of(options.connection);
  if (!api) return failed(api.error());
  Receiver receiver(options, signals);
  http::ServerOptions server_options;
  server_options.name = "listen";
  server_options.listen = options.listen;
  server_options.max_body_bytes = 64u << 20;
  http::Server server(std::move(server_options));
  const auto receive = [&](const http::Request& request) { return receiver.receive(request); };
  server.pooled("POST", "/", receive);
  if (auto started = server.start(); !started) return failed(started.error());
  const int status = listen(*api, options, server, receiver, signals);
  server.stop(Millis{1'000});
  if (receiver.is_unread()) end_by_sigpipe();
  return status;
}

}  // namespace certes::command
