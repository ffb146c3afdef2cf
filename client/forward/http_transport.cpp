// The transport of real life: common/http's Sender.
#include <map>

#include "client/forward/transport.hpp"
#include "client/loopback.hpp"
#include "common/backoff/retry_after.hpp"
#include "common/http/client/sender.hpp"

namespace certes::client {
namespace {

constexpr std::size_t kKeptBytes = 64u << 10;  // of an answer

bool begins_with_name(const std::string& header, std::string_view lower_name) {
  if (header.size() < lower_name.size()) return false;
  return std::equal(lower_name.begin(), lower_name.end(), header.begin(),
                    [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b + 32) : b); });
}

class HttpTransport final : public Transport {
 public:
  HttpTransport(HttpTransportOptions options, http::AddressPolicy policy, const Clock& clock,
                std::function<void()> wake)
      : options_(std::move(options)),
        clock_(clock),
        sender_(sender_options(options_), std::move(policy), std::move(wake)) {}

  void post(Post&& post) override {
    http::Transfer transfer;
    transfer.id = post.id;
    transfer.url = options_.url + post.path;
    urls_.emplace(post.id, transfer.url);
    transfer.headers = std::move(post.headers);
    const bool own = std::any_of(transfer.headers.begin(), transfer.headers.end(),
                                 [](const std::string& header) { return begins_with_name(header, "authorization:"); });
    if (!own && !options_.key.empty()) transfer.headers.push_back("Authorization: Bearer " + options_.key);
    transfer.body = *post.body;
    transfer.body_owner = std::move(post.body);
    transfer.timeout = options_.timeout;
    sender_.submit(std::move(transfer));
  }

  void poll(std::vector<Answer>& out) override {
    results_.clear();
    sender_.poll(results_);
    for (http::TransferResult& result : results_) {
      Answer answer;
      answer.id = result.id;
      if (is_whole(result)) answer.status = result.status;
      const auto url = urls_.extract(result.id);
      if (answer.status == 0) answer.error = error_of(result, url.mapped());
      answer.retry_after = backoff::parse_retry_after(result.retry_after, clock_.unix_millis());
      answer.body = std::move(result.body);
      out.push_back(std::move(answer));
    }
  }

 private:
  static http::SenderOptions sender_options(const HttpTransportOptions& options) {
    http::SenderOptions made;
    made.max_in_flight = options.connections;
    made.kept_response_bytes = kKeptBytes;
    made.ca_file = options.ca_file;
    made.environment_proxy = !is_loopback(options.url);
    return made;
  }

  // What is accepted is so by its status; any other status without its problem would be taken for another than it is.
  static bool is_whole(const http::TransferResult& result) {
    return !result.body_broken || (result.status >= 200 && result.status < 300);
  }

  static std::string error_of(const http::TransferResult& result, const std::string& url) {
    if (result.body_broken) return url + " answers " + std::to_string(result.status) + ", and the answer breaks off";
    const bool silent = result.error == http::TransferError::timeout;
    const std::string why = result.message.empty() ? std::string(to_string(result.error)) : result.message;
    return (silent ? url + " does not answer: " : "cannot reach " + url + ": ") + why;
  }

  const HttpTransportOptions options_;
  const Clock& clock_;
  std::map<std::uint64_t, std::string> urls_;  // of what is in flight
  std::vector<http::TransferResult> results_;
  http::Sender sender_;
};

}  // namespace

// The address is the operator's choice, so none is refused.
Result<MakeTransport> http_transport(HttpTransportOptions options, const Clock& clock) {
  while (options.url.ends_with('/')) options.url.pop_back();
  auto policy = http::AddressPolicy::make({"0.0.0.0/0", "::/0"});
  if (!policy) return fail(std::move(policy.error()));
  if (auto checked = http::check_url(options.url, *policy); !checked)
    return fail(std::move(checked.error()).prefixed("gateway URL: "));
  return MakeTransport([options, policy = *policy, &clock](std::function<void()> wake) -> std::unique_ptr<Transport> {
    return std::make_unique<HttpTransport>(options, policy, clock, std::move(wake));
  });
}

}  // namespace certes::client
