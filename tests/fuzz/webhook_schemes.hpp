#pragma once
// Each scheme by which a source's webhooks are verified, declared once, and how its provider signs: written here from
// the table of docs/sources.md, not with the verifiers' code. Who: the fuzz target `webhooks`. One thread.

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "common/crypto/crypto.hpp"
#include "common/http/server/server.hpp"
#include "gateway/webhook/prepared_source.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace certes::fuzz {

inline constexpr std::int64_t kNowSeconds = 1'700'000'000;
inline const std::string kTime = std::to_string(kNowSeconds);
inline constexpr std::string_view kSecret = "a secret that no input holds by chance: 7f0c9e";
inline constexpr std::string_view kStandardSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";
inline constexpr std::string_view kUrl = "https://hooks.example/events/shop";

// A request whose parts it owns.
struct Webhook {
  std::string method = "POST", path = "/events/shop", query, body, peer = "192.0.2.1";
  std::deque<std::pair<std::string, std::string>> headers;

  void set(std::string_view name, std::string value) {
    std::erase_if(headers, [&](const auto& header) { return same(header.first, name); });
    headers.emplace_back(name, std::move(value));
  }
  http::Request request() const {
    http::Request request;
    request.method = method;
    request.target = request.path = path;
    request.query = query;
    request.body = body;
    request.peer = peer;
    for (const auto& [name, value] : headers) request.headers.push_back({name, value});
    return request;
  }

 private:
  static bool same(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return std::tolower(x) == std::tolower(y); });
  }
};

struct Scheme {
  std::string_view name;
  std::string_view secret;
  std::function<void(registry::Verify&)> declare;
  std::function<void(Webhook&)> sign;  // as its provider does
  bool covers_body = true;
};

inline std::string mac(std::string_view text, bool base64,
                       crypto::Hmac::Algorithm algorithm = crypto::Hmac::Algorithm::sha256) {
  const std::string bytes = crypto::Hmac(kSecret, algorithm).sign({text});
  return base64 ? crypto::base64_encode(bytes) : crypto::hex_encode(bytes);
}

inline void sign_standard(Webhook& webhook) {
  static const auto key = crypto::StandardWebhooks::make(kStandardSecret);
  webhook.set("webhook-id", "msg_1");
  webhook.set("webhook-timestamp", kTime);
  webhook.set("webhook-signature", key->sign("msg_1", kNowSeconds, webhook.body));
}

inline void sign_twilio(Webhook& webhook) {
  webhook.query = "bodySHA256=" + crypto::hex_encode(crypto::sha256(webhook.body));
  webhook.set("X-Twilio-Signature", mac(std::string(kUrl) + "?" + webhook.query, true, crypto::Hmac::Algorithm::sha1));
}

inline void sign_twilio_form(Webhook& webhook) {
  webhook.query.clear();
  webhook.body = "b=2&a=1";
  webhook.set("Content-Type", "application/x-www-form-urlencoded");
  webhook.set("X-Twilio-Signature", mac(std::string(kUrl).append("a1b2"), true, crypto::Hmac::Algorithm::sha1));
}

inline void sign_generic(Webhook& webhook) {
  webhook.set("X-Time", kTime);
  webhook.set("X-Extra", "extra");
  const std::string text =
      webhook.method + " " + webhook.path + "?" + webhook.query + "/extra." + kTime + "." + webhook.body;
  webhook.set("X-Sig", "v9," + mac(text, true, crypto::Hmac::Algorithm::sha512));
}

inline void declare_generic(registry::Verify& verify) {
  verify.header = "X-Sig";
  verify.prefix = "v9,";
  verify.algorithm = "sha512";
  verify.encoding = "base64";
  verify.timestamp = "X-Time";
  verify.signed_parts = "{method} {path}?{query}/{header:X-Extra}.{timestamp}.{body}";
}

inline void sign_certificate(Webhook& webhook) {
  webhook.peer = "10.0.0.1";
  webhook.set("X-Client-Cert", std::string(kSecret));
}

inline const std::vector<Scheme>& schemes() {
  const auto none = [](registry::Verify&) {};
  const auto url = [](registry::Verify& verify) { verify.url = kUrl; };
  const auto hub = [](Webhook& w) { w.set("X-Hub-Signature-256", "sha256=" + mac(w.body, false)); };
  const auto slack = [](Webhook& w) {
    w.set("X-Slack-Request-Timestamp", kTime);
    w.set("X-Slack-Signature", "v0=" + mac("v0:" + kTime + ":" + w.body, false));
  };
  const auto zendesk = [](Webhook& w) {
    const std::string time = format_rfc3339(kNowSeconds * 1'000);
    w.set("X-Zendesk-Webhook-Signature-Timestamp", time);
    w.set("X-Zendesk-Webhook-Signature", mac(time + w.body, true));
  };
  static const std::vector<Scheme> all = {
      {"github", kSecret, none, hub},
      {"meta", kSecret, none, hub},
      {"shopify", kSecret, none, [](Webhook& w) { w.set("X-Shopify-Hmac-Sha256", mac(w.body, true)); }},
      {"slack", kSecret, none, slack},
      {"square", kSecret, url,
       [](Webhook& w) { w.set("X-Square-HmacSha256-Signature", mac(std::string(kUrl) + w.body, true)); }},
      {"zendesk", kSecret, none, zendesk},
      {"stripe", kSecret, none,
       [](Webhook& w) { w.set("Stripe-Signature", "t=" + kTime + ",v1=" + mac(kTime + "." + w.body, false)); }},
      {"paddle", kSecret, none,
       [](Webhook& w) { w.set("Paddle-Signature", "ts=" + kTime + ";h1=" + mac(kTime + ":" + w.body, false)); }},
      {"twilio", kSecret, url, sign_twilio},
      {"standard-webhooks", kStandardSecret, none, sign_standard},
      {"gitlab", kStandardSecret, none, sign_standard},
      {"gitlab", kSecret, none, [](Webhook& w) { w.set("X-Gitlab-Token", std::string(kSecret)); }, false},
      {"generic", kSecret, declare_generic, sign_generic},
      {"value", kSecret, [](registry::Verify& verify) { verify.header = "X-Value"; },
       [](Webhook& w) { w.set("X-Value", std::string(kSecret)); }, false},
      {"value", kSecret, [](registry::Verify& verify) { verify.pointer = "/a/0"; },
       [](Webhook& w) { w.body = "{\"a\":[\"" + std::string(kSecret) + "\"]}"; }, false},
      {"basic", "name:a password: 7f0c9e", none,
       [](Webhook& w) { w.set("Authorization", "Basic " + crypto::base64_encode("name:a password: 7f0c9e")); }, false},
      {"client-certificate", kSecret, [](registry::Verify& verify) { verify.header = "X-Client-Cert"; },
       sign_certificate, false},
      {"none", "", none, [](Webhook&) {}, false},
      {"twilio", kSecret, url, sign_twilio_form},
  };
  return all;
}

}  // namespace certes::fuzz
