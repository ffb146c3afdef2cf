#include "common/signature/anew.hpp"

#include <doctest/doctest.h>

#include "common/crypto/crypto.hpp"
#include "common/log/names.hpp"

using namespace certes;
using namespace certes::signature;

namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;
constexpr UnixMillis kThen = 1'700'000'000'000, kNow = kThen + 3'600'000;
const std::string kBody = R"({"a":1})", kSeconds = "1700003600";

log::StoredRecord webhook_of(const Lines& forwarded, const std::string& query = {}) {
  log::StoredRecord webhook;
  for (const auto& [name, value] : forwarded) webhook.headers.add("certes-h-" + name, value);
  if (!query.empty()) webhook.headers.add(log::names::kQuery, query);
  webhook.value = kBody;
  return webhook;
}

registry::Verify verify_of(const std::string& scheme) {
  registry::Verify verify;
  verify.scheme = scheme;
  return verify;
}

std::string mac(const std::string& text, bool base64 = false,
                crypto::Hmac::Algorithm algorithm = crypto::Hmac::Algorithm::sha256) {
  const std::string bytes = crypto::Hmac("new", algorithm).sign({text});
  return base64 ? crypto::base64_encode(bytes) : crypto::hex_encode(bytes);
}

void check_anew(const registry::Verify& verify, const log::StoredRecord& webhook, const Lines& wanted) {
  CAPTURE(verify.scheme);
  REQUIRE(signed_at(verify, webhook) == kThen);
  Lines made;
  for (const Header& header : sign_anew(verify, "new", webhook, kNow)) made.emplace_back(header.name, header.value);
  CHECK(made == wanted);
}

}  // namespace

TEST_CASE("Signing anew: time and signature as each provider writes them, in place of its own headers") {
  check_anew(verify_of("stripe"), webhook_of({{"stripe-signature", "t=1700000000,v1=00,v0=11"}}),
             {{"stripe-signature", "t=" + kSeconds + ",v1=" + mac(kSeconds + "." + kBody)}});
  check_anew(verify_of("paddle"), webhook_of({{"paddle-signature", "ts=1700000000;h1=00"}}),
             {{"paddle-signature", "ts=" + kSeconds + ";h1=" + mac(kSeconds + ":" + kBody)}});
  check_anew(
      verify_of("slack"), webhook_of({{"x-slack-signature", "v0=00"}, {"x-slack-request-timestamp", "1700000000"}}),
      {{"x-slack-request-timestamp", kSeconds}, {"x-slack-signature", "v0=" + mac("v0:" + kSeconds + ":" + kBody)}});
  const std::string iso = format_rfc3339(kNow);
  check_anew(verify_of("zendesk"),
             webhook_of({{"x-zendesk-webhook-signature", "xx"},
                         {"x-zendesk-webhook-signature-timestamp", "2023-11-14T22:13:20Z"}}),
             {{"x-zendesk-webhook-signature-timestamp", iso}, {"x-zendesk-webhook-signature", mac(iso + kBody, true)}});
}

TEST_CASE("Signing anew: a source's own scheme, of what the log has of the request") {
  auto verify = verify_of("generic");
  verify.header = "X-Sig";
  verify.prefix = "v1=";
  verify.algorithm = "sha512";
  verify.timestamp = "X-Time";
  verify.url = "https://a.example/";
  verify.signed_parts = "{method} {url}?{query}|{header:X-Id}|{timestamp}|{body}";
  const Lines headers = {{"x-sig", "v1=00"}, {"x-time", "1700000000000"}, {"x-id", "7"}};
  const std::string millis = std::to_string(kNow);
  const std::string text = "POST https://a.example/?q=1|7|" + millis + "|" + kBody;
  check_anew(verify, webhook_of(headers, "q=1"),
             {{"x-time", millis}, {"x-sig", "v1=" + mac(text, false, crypto::Hmac::Algorithm::sha512)}});
  check_anew(verify, webhook_of({headers[0], headers[1]}, "q=1"), {});  // a header that was not forwarded
  verify.url.clear();
  check_anew(verify, webhook_of(headers), {});  // as the provider called it: not known any more
  verify.signed_parts = "{path}{timestamp}{body}";
  check_anew(verify, webhook_of(headers), {});
}

TEST_CASE("Signing anew: not where no time is signed, or its headers did not come along") {
  const Lines all = {{"stripe-signature", "v1=00"},           {"x-hub-signature-256", "sha256=00"},
                     {"x-shopify-hmac-sha256", "00"},         {"webhook-id", "1"},
                     {"webhook-timestamp", "1700000000"},     {"webhook-signature", "v1,00"},
                     {"x-slack-signature", "v0=00"},          {"x-zendesk-webhook-signature-timestamp", "now"},
                     {"x-zendesk-webhook-signature", "00"},   {"paddle-signature", "ts=01700000000;h1=00"},
                     {"x-square-hmacsha256-signature", "00"}, {"x-twilio-signature", "00"}};
  for (const char* scheme : {"stripe", "github", "shopify", "standard-webhooks", "gitlab", "slack", "zendesk", "paddle",
                             "square", "twilio", "meta", "generic", "value", "basic", "none", "key", "unknown"}) {
    CAPTURE(scheme);
    CHECK_FALSE(signed_at(verify_of(scheme), webhook_of(all)));
  }
  CHECK_FALSE(signed_at(verify_of("slack"), webhook_of({{"x-slack-request-timestamp", "1700000000"}})));
  CHECK_FALSE(signed_at(verify_of("stripe"), webhook_of({})));
}
