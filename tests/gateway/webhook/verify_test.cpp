// Every scheme by which a webhook is verified: vectors that providers or their libraries publish, and what is refused.
#include "gateway/webhook/verify/verifier.hpp"

#include "tests/fakes/packed.hpp"
#include "tests/gateway/webhook/prepared.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

using Secrets = std::vector<std::string>;
using Lines = std::vector<std::pair<std::string, std::string>>;
constexpr UnixMillis kNow = 1'614'265'330'000;
const std::string kTime = "1614265330";

std::string mac(std::string_view secret, std::string_view text, bool base64 = false,
                crypto::Hmac::Algorithm algorithm = crypto::Hmac::Algorithm::sha256) {
  const std::string bytes = crypto::Hmac(secret, algorithm).sign({text});
  return base64 ? crypto::base64_encode(bytes) : crypto::hex_encode(bytes);
}

struct Sent {
  Lines headers;
  std::string body = {};
  std::string query = {};
  std::string peer = "127.0.0.1";
  UnixMillis now = kNow;
};

PreparedSource made(const registry::Source& source) {
  auto ready = prepare(source);
  REQUIRE_MESSAGE(ready, ready.error().message);
  return std::move(*ready);
}

Result<void> verify(const PreparedSource& source, const Sent& sent) {
  Webhook webhook{{}, sent.body, sent.query, sent.peer};
  for (const auto& [name, value] : sent.headers) webhook.headers.push_back({name, value});
  return verified(source, webhook.request(), sent.now);
}

void check_good(const PreparedSource& source, const Sent& sent) {
  const auto verified = verify(source, sent);
  CHECK_MESSAGE(verified, verified.error().message);
}

void check_refused(const PreparedSource& source, const Sent& sent, std::string_view pointer,
                   std::string_view says = "") {
  const auto verified = verify(source, sent);
  REQUIRE_FALSE(verified);
  CHECK(verified.error().code == Code::unauthenticated);
  CHECK_MESSAGE(verified.error().pointer == pointer, verified.error().message);
  CHECK_MESSAGE(verified.error().message.find(says) != std::string::npos, verified.error().message);
}

}  // namespace

TEST_CASE("Signature header: one that is there twice is refused, whichever is right") {
  const auto source = made(source_of("github", {"s"}));
  const std::string good = "sha256=" + mac("s", "x"), bad = "sha256=" + mac("t", "x");
  check_good(source, {{{"x-hub-signature-256", good}}, "x"});
  for (const auto& [first, second] : {std::pair{good, bad}, {bad, good}, {good, good}})
    check_refused(source, {{{"X-Hub-Signature-256", first}, {"x-hub-signature-256", second}}, "x"},
                  "x-hub-signature-256", "twice");
}

TEST_CASE("Meta signature: as GitHub's") {
  const auto source = made(source_of("meta", {"app secret"}));
  check_good(source, {{{"X-Hub-Signature-256", "sha256=" + mac("app secret", "{}")}}, "{}"});
  check_refused(source, {{{"X-Hub-Signature-256", "sha256=" + mac("other", "{}")}}, "{}"}, "x-hub-signature-256");
}

TEST_CASE("Shopify signature: base64 over the body") {
  const auto source = made(source_of("shopify", {"hush"}));
  const std::string header = "X-Shopify-Hmac-Sha256", pointer = "x-shopify-hmac-sha256";
  check_good(source, {{{header, mac("hush", "{\"id\":1}", true)}}, "{\"id\":1}"});
  check_refused(source, {{{header, mac("hush", "{\"id\":1}", true)}}, "{\"id\":2}"}, pointer, "does not verify");
  check_refused(source, {{{header, mac("hush", "{\"id\":1}")}}, "{\"id\":1}"}, pointer);
  check_refused(source, {{}, "{}"}, pointer, "is missing");
}

TEST_CASE("Slack signature: the documented vector, and its time") {
  const auto source = made(source_of("slack", {"8f742231b10e8888abcd99yyyzzz85a5"}));
  const std::string body =
      "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
      "foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2F"
      "hooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015."
      "47445629121.803a0bc887a14d10d2c447fce8b6703c";
  Sent sent{{{"X-Slack-Request-Timestamp", "1531420618"},
             {"X-Slack-Signature", "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"}},
            body};
  sent.now = 1'531'420'618'000;
  check_good(source, sent);
  const std::string time = "x-slack-request-timestamp";
  for (const std::int64_t seconds : {-300, 300}) {
    sent.now = (1'531'420'618 + seconds) * 1'000;
    check_good(source, sent);
    sent.now += seconds > 0 ? 1'000 : -1'000;
    check_refused(source, sent, time, seconds > 0 ? "too old" : "in the future");
  }
  for (const char* text : {"+1531420618", "01531420618", "1531420618.0", " 1531420618", "-1", "0x5b478a8a", "now",
                           "99999999999999999999"}) {
    sent.headers[0].second = text;
    check_refused(source, sent, time);
  }
  sent.headers.erase(sent.headers.begin());
  check_refused(source, sent, time, "is missing");
}

TEST_CASE("Zendesk signature: the published vector, and its time in RFC 3339") {
  auto declared = source_of("zendesk", {"dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="});
  const auto source = made(declared);
  Sent sent{{{"X-Zendesk-Webhook-Signature-Timestamp", "2021-03-25T05:09:27Z"},
             {"X-Zendesk-Webhook-Signature", "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM="}},
            R"({"event":"ticket.updated","id":123})"};
  sent.now = parse_rfc3339("2021-03-25T05:14:27Z");
  check_good(source, sent);
  sent.now += 1'000;
  check_refused(source, sent, "x-zendesk-webhook-signature-timestamp", "too old");
  sent.now -= 1'000;
  sent.body += " ";
  check_refused(source, sent, "x-zendesk-webhook-signature", "does not verify");
}

TEST_CASE("Square signature: over the declared URL and the body") {
  auto declared = source_of("square", {"key"});
  declared.verify.url = "https://example.com/events/square";
  const auto source = made(declared);
  const std::string header = "X-Square-HmacSha256-Signature";
  check_good(source, {{{header, mac("key", "https://example.com/events/square{\"a\":1}", true)}}, "{\"a\":1}"});
  check_refused(source, {{{header, mac("key", "https://example.org/events/square{\"a\":1}", true)}}, "{\"a\":1}"},
                "x-square-hmacsha256-signature");
}

TEST_CASE("Square signature: where no URL is declared, over the one that was called") {
  const auto source = made(source_of("square", {"key"}));
  const std::string header = "X-Square-HmacSha256-Signature";
  const Lines forwarded = {{"Host", "inner"}, {"X-Forwarded-Proto", "https"}, {"X-Forwarded-Host", "a.example"}};
  const auto signed_for = [&](const std::string& url) {
    Lines lines = forwarded;
    lines.emplace_back(header, mac("key", url + "{}", true));
    return lines;
  };
  check_good(source, {signed_for("https://a.example/events/shop"), "{}", "", "10.0.0.1"});
  check_good(source, {signed_for("https://a.example/events/shop?b=1"), "{}", "b=1", "10.0.0.1"});
  check_good(source, {signed_for("http://inner/events/shop"), "{}", "", "192.0.2.1"});
  check_refused(source, {signed_for("https://a.example/events/shop"), "{}", "", "192.0.2.1"},
                "x-square-hmacsha256-signature", "does not verify");
  Lines two = signed_for("https://a.example/events/shop");
  two.emplace_back("X-Forwarded-Host", "b.example");
  check_refused(source, {two, "{}", "", "10.0.0.1"}, "x-forwarded-host", "several");
}

TEST_CASE("Stripe signature: any v1 of the list, other schemes passed over") {
  const auto source = made(source_of("stripe", {"whsec_test", "whsec_older"}));
  const std::string body = R"({"id":"evt_1"})", header = "Stripe-Signature";
  const std::string good = mac("whsec_test", kTime + "." + body), older = mac("whsec_older", kTime + "." + body),
                    wrong = mac("x", "y");
  for (const auto& list : {"t=" + kTime + ",v1=" + good, "v1=" + good + ",t=" + kTime,
                           "t=" + kTime + ",v1=" + wrong + ",v1=" + good, "t=" + kTime + ",v0=abc,v1=" + older})
    check_good(source, {{{header, list}}, body});
  const std::string pointer = "stripe-signature";
  check_refused(source, {{{header, "t=" + kTime + ",v1=" + good}}, body + "\n"}, pointer, "no signature that verifies");
  check_refused(source, {{{header, "t=" + kTime + ",v0=" + good}}, body}, pointer, "no v1=");
  check_refused(source, {{{header, "v1=" + good}}, body}, pointer, "no t=");
  check_refused(source, {{{header, "t=" + kTime + ",t=" + kTime + ",v1=" + good}}, body}, pointer, "t= twice");
  check_refused(source, {{{header, kTime + "," + good}}, body}, pointer, "without '='");
  check_refused(source, {{}, body}, pointer, "is missing");
  for (const auto& time : {"+" + kTime, "0" + kTime, kTime + " ", std::string(), std::string("-5"), kTime + ".0"})
    check_refused(source, {{{header, "t=" + time + ",v1=" + mac("whsec_test", time + "." + body)}}, body}, pointer,
                  "time stamp");
  std::string many = "t=" + kTime;
  for (int i = 0; i < 17; ++i) many += ",v1=" + good;
  check_refused(source, {{{header, many}}, body}, pointer, "more than 16");
}

TEST_CASE("Stripe signature: 300 seconds; Paddle signature: 5, unless the source says otherwise") {
  const std::string body = "{}";
  for (const auto& [scheme, header, list, tolerance] :
       {std::tuple{"stripe", "Stripe-Signature", "t=" + kTime + ",v1=" + mac("s", kTime + "." + body), 300},
        {"paddle", "Paddle-Signature", "ts=" + kTime + ";h1=" + mac("s", kTime + ":" + body), 5}}) {
    auto declared = source_of(scheme, {"s"});
    for (const int most : {tolerance, 60}) {
      if (most == 60) declared.verify.tolerance_seconds = most;
      const auto source = made(declared);
      for (const int seconds : {-most, 0, most})
        check_good(source, {{{header, list}}, body, {}, {}, kNow + seconds * 1'000});
      const std::string pointer = std::string(scheme) + "-signature";
      check_refused(source, {{{header, list}}, body, {}, {}, kNow + (most + 1) * 1'000}, pointer, "too old");
      check_refused(source, {{{header, list}}, body, {}, {}, kNow - (most + 1) * 1'000}, pointer, "future");
    }
  }
}

TEST_CASE("Paddle signature: any h1 of the list") {
  const auto source = made(source_of("paddle", {"pdl_ntfset"}));
  const std::string good = mac("pdl_ntfset", kTime + ":{}");
  check_good(source, {{{"Paddle-Signature", "ts=" + kTime + ";h1=" + mac("a", "b") + ";h1=" + good}}, "{}"});
  check_refused(source, {{{"Paddle-Signature", "ts=" + kTime + ",h1=" + good}}, "{}"}, "paddle-signature");
}

TEST_CASE("Twilio signature: the documented vector, fields sorted, in any order of the form") {
  auto declared = source_of("twilio", {"12345"});
  declared.verify.url = "https://mycompany.com/myapp.php";
  const auto source = made(declared);
  const Lines headers = {{"X-Twilio-Signature", "RSOYDt4T1cUTdK1PDd93/VVr8B8="},
                         {"Content-Type", "application/x-www-form-urlencoded; charset=UTF-8"}};
  const std::string query = "foo=1&bar=2";
  check_good(
      source,
      {headers, "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212",
       query});
  const std::string other =
      "To=%2B18005551212&From=%2B14158675309&Digits=1234&Caller=%2B14158675309&CallSid=CA1234567890ABCDE";
  check_good(source, {headers, other, query});
  check_refused(source, {headers, other, "foo=1&bar=3"}, "x-twilio-signature", "verify.url");
  check_refused(source, {headers, other + "&A=1", query}, "x-twilio-signature");
  check_refused(source, {headers, other + "&A=%zz", query}, "", "percent-encoded");
  check_refused(source, {{headers[0]}, other, query}, "bodySHA256", "no form");
  check_refused(source, {{headers[1]}, other, query}, "x-twilio-signature", "is missing");
}

TEST_CASE("Twilio signature: with or without the port, and repeated fields once") {
  const auto sha1 = crypto::Hmac::Algorithm::sha1;
  for (const std::string declared_url :
       {"https://a.example/x", "https://a.example:443/x", "https://a.example:8443/x"}) {
    auto declared = source_of("twilio", {"token"});
    declared.verify.url = declared_url;
    const auto source = made(declared);
    for (const std::string& url :
         {declared_url, std::string("https://a.example/x"), std::string("https://a.example:443/x")})
      check_good(source, {{{"X-Twilio-Signature", mac("token", url + "A1A2B", true, sha1)},
                           {"Content-Type", "application/x-www-form-urlencoded"}},
                          "A=2&B=&A=1&A=2"});
  }
}

TEST_CASE("Twilio signature: where no URL is declared, over the one that was called") {
  const auto source = made(source_of("twilio", {"token"}));
  const auto signed_for = [&](const std::string& url) {
    return Lines{{"X-Twilio-Signature", mac("token", url + "A1", true, crypto::Hmac::Algorithm::sha1)},
                 {"Content-Type", "application/x-www-form-urlencoded"},
                 {"Host", "inner"},
                 {"X-Forwarded-Proto", "https"},
                 {"X-Forwarded-Host", "a.example"}};
  };
  for (const char* url : {"https://a.example/events/shop?b=1", "https://a.example:443/events/shop?b=1"})
    check_good(source, {signed_for(url), "A=1", "b=1", "10.0.0.1"});
  check_good(source, {signed_for("http://inner/events/shop"), "A=1", "", "192.0.2.1"});
  check_refused(source, {signed_for("https://a.example/events/shop"), "A=1", "", "192.0.2.1"}, "x-twilio-signature",
                "http://inner/events/shop");
}

TEST_CASE("Twilio signature: JSON is bound by bodySHA256 in the signed URL") {
  auto declared = source_of("twilio", {"token"});
  declared.verify.url = "https://a.example/x?keep=1";
  const auto source = made(declared);
  const std::string body = R"({"property":"value"})";
  const std::string query = "keep=1&bodySHA256=" + crypto::hex_encode(crypto::sha256(body));
  const Lines headers = {
      {"X-Twilio-Signature", mac("token", "https://a.example/x?" + query, true, crypto::Hmac::Algorithm::sha1)},
      {"Content-Type", "application/json"}};
  check_good(source, {headers, body, query});
  check_refused(source, {headers, body + " ", query}, "bodySHA256", "digest");
  check_refused(source, {headers, body, "keep=1"}, "bodySHA256", "no form");
}

TEST_CASE("Standard Webhooks signature: v1a by a public key, the published vector") {
  const std::string key = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
  const std::string good =
      "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
  const std::string other = crypto::StandardWebhooks::new_secret();
  const auto with = [&](const std::string& signature, const std::string& body = R"({"test": 2432232314})") {
    return Sent{{{"webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"},
                 {"webhook-timestamp", kTime},
                 {"webhook-signature", signature}},
                body};
  };
  for (const Secrets& secrets : {Secrets{key}, Secrets{other, key}, Secrets{key, other}}) {
    const auto source = made(source_of("standard-webhooks", secrets));
    check_good(source, with(good));
    check_good(source, with("v1,AAAA " + good));
    check_refused(source, with(good, "{}"), "webhook-signature", "matches");
    check_refused(source, with("v1," + good.substr(4)), "webhook-signature", "matches");
    check_refused(source, with("v1a,AAAA"), "webhook-signature", "matches");
    Sent late = with(good);
    late.now += 301'000;
    check_refused(source, late, "webhook-timestamp", "too old");
  }
}

TEST_CASE("Standard Webhooks signature: Svix' names of the headers, all of one or the other") {
  const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const auto source = made(source_of("standard-webhooks", {secret}));
  const std::string signature = crypto::StandardWebhooks::make(secret)->sign("msg_1", 1'614'265'330, "{}");
  check_good(source, {{{"svix-id", "msg_1"}, {"svix-timestamp", kTime}, {"svix-signature", signature}}, "{}"});
  check_refused(source, {{{"svix-id", "msg_1"}, {"svix-timestamp", kTime}, {"webhook-signature", signature}}, "{}"},
                "svix-signature", "is missing");
  check_refused(source, {{{"webhook-id", "msg_1"}, {"svix-timestamp", kTime}, {"svix-signature", signature}}, "{}"},
                "webhook-timestamp", "is missing");
}

TEST_CASE("GitLab: the token, or Standard Webhooks where the secret is one, and no way down from that") {
  const std::string secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
  const Lines signed_headers = {
      {"webhook-id", "msg_1"},
      {"webhook-timestamp", kTime},
      {"webhook-signature", crypto::StandardWebhooks::make(secret)->sign("msg_1", 1'614'265'330, "{}")}};
  const auto token = made(source_of("gitlab", {"token", "older"}));
  for (const char* text : {"token", "older"}) check_good(token, {{{"X-Gitlab-Token", text}}, "{}"});
  check_refused(token, {{{"X-Gitlab-Token", "tokens"}}, "{}"}, "x-gitlab-token", "not the secret");
  check_refused(token, {{}, "{}"}, "x-gitlab-token", "is missing");
  const auto standard = made(source_of("gitlab", {secret}));
  check_good(standard, {signed_headers, "{}"});
  check_refused(standard, {{{"X-Gitlab-Token", secret}}, "{}"}, "webhook-id", "is missing");
  const auto both = made(source_of("gitlab", {"token", secret}));
  check_good(both, {signed_headers, "{}"});
  check_good(both, {{{"X-Gitlab-Token", "token"}}, "{}"});
  auto forged = signed_headers;
  forged.emplace_back("X-Gitlab-Token", "wrong");
  check_refused(both, {forged, "{ }"}, "webhook-signature");
}

TEST_CASE("Generic signature: algorithm, prefix, encoding and what is signed are the source's") {
  auto declared = source_of("generic", {"s"});
  declared.verify.header = "X-Sig";
  check_good(made(declared), {{{"X-Sig", mac("s", "body")}}, "body"});
  declared.verify.prefix = "v1:";
  declared.verify.algorithm = "sha512";
  declared.verify.encoding = "base64";
  declared.verify.signed_parts = "{method} {url} {path}?{query}\n{header:X-A}|{timestamp}|{body}";
  declared.verify.timestamp = "X-Time";
  declared.verify.url = "https://a.example/";
  const auto source = made(declared);
  const std::string text = "POST https://a.example/ /events/shop?a=1\nvalue|" + kTime + "|body";
  const Lines headers = {
      {"X-Sig", "v1:" + mac("s", text, true, crypto::Hmac::Algorithm::sha512)}, {"X-A", "value"}, {"X-Time", kTime}};
  check_good(source, {headers, "body", "a=1"});
  check_refused(source, {headers, "body", "a=2"}, "x-sig", "does not verify");
  check_refused(source, {headers, "body", "a=1", {}, kNow + 301'000}, "x-time", "too old");
  auto bare = headers;
  bare[0].second.erase(0, 3);
  check_refused(source, {bare, "body", "a=1"}, "x-sig", "begin with v1:");
}

TEST_CASE("Generic signature: any of a list in one header, however its items stand apart, each behind the prefix") {
  const std::string good = mac("s", "body"), wrong = mac("t", "body"), base64 = mac("s", "body", true);
  auto declared = source_of("generic", {"s"});
  declared.verify.header = "X-Sig";
  const auto bare = made(declared);
  for (const std::string& list :
       {good + "," + wrong, wrong + " " + good, wrong + ", " + good, wrong + ";" + good + ";"})
    check_good(bare, {{{"X-Sig", list}}, "body"});
  for (const std::string& list : {wrong + "," + wrong, wrong + good, std::string(" , ")})
    check_refused(bare, {{{"X-Sig", list}}, "body"}, "x-sig");
  declared.verify.prefix = "v1=";
  const auto prefixed = made(declared);
  check_good(prefixed, {{{"X-Sig", "t=5,v0=" + wrong + ",v1=" + wrong + ",v1=" + good}}, "body"});
  check_refused(prefixed, {{{"X-Sig", "v1=" + wrong + ",v0=" + good}}, "body"}, "x-sig", "does not verify");
  check_refused(prefixed, {{{"X-Sig", good}}, "body"}, "x-sig", "begin with v1=");
  declared.verify.prefix = "v1,";
  declared.verify.encoding = "base64";
  check_good(made(declared), {{{"X-Sig", "v1a,AAAA v1,AAAA v1," + base64}}, "body"});
  std::string many = "v1=" + wrong;
  for (int i = 0; i < 16; ++i) many += ",v1=" + good;
  check_refused(prefixed, {{{"X-Sig", many}}, "body"}, "x-sig", "more than 16");
  const auto github = made(source_of("github", {"s"}));
  check_refused(github, {{{"X-Hub-Signature-256", "sha256=" + wrong + ",sha256=" + good}}, "body"},
                "x-hub-signature-256");
}

TEST_CASE("Signature time: milliseconds are no unix seconds; only where a source declares its own scheme they may be") {
  const std::string millis = kTime + "000";
  const auto refused = [&](const registry::Source& source, const Lines& headers, const std::string& pointer) {
    check_refused(made(source), {headers, "x"}, pointer, "time stamp");
  };
  refused(source_of("stripe", {"s"}), {{"Stripe-Signature", "t=" + millis + ",v1=" + mac("s", millis + ".x")}},
          "stripe-signature");
  refused(source_of("paddle", {"s"}), {{"Paddle-Signature", "ts=" + millis + ";h1=" + mac("s", millis + ":x")}},
          "paddle-signature");
  refused(source_of("slack", {"s"}),
          {{"X-Slack-Request-Timestamp", millis}, {"X-Slack-Signature", "v0=" + mac("s", "v0:" + millis + ":x")}},
          "x-slack-request-timestamp");
  for (const std::string& time : {millis, kTime})
    refused(
        source_of("zendesk", {"s"}),
        {{"X-Zendesk-Webhook-Signature-Timestamp", time}, {"X-Zendesk-Webhook-Signature", mac("s", time + "x", true)}},
        "x-zendesk-webhook-signature-timestamp");
}

TEST_CASE("Generic signature: the time may be in seconds, milliseconds or RFC 3339") {
  auto declared = source_of("generic", {"s"});
  declared.verify.header = "X-Sig";
  declared.verify.signed_parts = "{timestamp}{body}";
  declared.verify.timestamp = "X-Time";
  const auto source = made(declared);
  for (const char* time : {"1614265330", "1614265330000", "2021-02-25T15:02:10Z", "2021-02-25T16:02:10.5+01:00"})
    check_good(source, {{{"X-Sig", mac("s", std::string(time) + "x")}, {"X-Time", time}}, "x"});
  for (const char* time : {"16142653300", "161426533000000", "2021-02-25", "2021-02-25T15:02:10", "T", "1614265330T"})
    check_refused(source, {{{"X-Sig", mac("s", std::string(time) + "x")}, {"X-Time", time}}, "x"}, "x-time");
}

TEST_CASE("Value: in a header or at a place of the body equals a secret") {
  auto declared = source_of("value", {"new", "old"});
  declared.verify.header = "X-Token";
  const auto header = made(declared);
  for (const char* text : {"new", "old"}) check_good(header, {{{"x-token", text}}, ""});
  for (const char* text : {"New", "newer", "ne"})
    check_refused(header, {{{"X-Token", text}}, ""}, "x-token", "not the");
  check_refused(header, {{}, ""}, "x-token", "is missing");
  declared.verify.header.clear();
  declared.verify.pointer = "/value/0/clientState";
  const auto body = made(declared);
  check_good(body, {{}, R"({"value":[{"clientState":"old"}]})"});
  for (const char* text :
       {R"({"value":[{"clientState":"x"}]})", R"({"value":[{}]})", R"({"value":[{"clientState":{}}]})",
        R"({"value":[{"clientState":"x","clientState":"old"}]})", "[]", "", "not JSON"})
    check_refused(body, {{}, text}, "/value/0/clientState");
}

TEST_CASE("Value: a packed body is looked into unpacked, and one that cannot be is refused") {
  auto declared = source_of("value", {"s"});
  declared.verify.pointer = "/a";
  const auto source = made(declared);
  const Lines gzip = {{"Content-Encoding", "gzip"}};
  const std::string good = fakes::packed(R"({"a":"s"})");
  check_good(source, {gzip, good});
  check_refused(source, {gzip, fakes::packed(R"({"a":"t"})")}, "/a", "not the secret");
  check_refused(source, {gzip, R"({"a":"s"})"}, "content-encoding", "is no gzip");
  check_refused(source, {gzip, fakes::packed(R"({"a":"s"})" + std::string(2u << 20, ' '))}, "content-encoding", "more");
  check_refused(source, {{}, good}, "/a");
}

TEST_CASE("Basic: the name and password, each of several") {
  const auto source = made(source_of("basic", {"shop:open sesame", "shop:p:q"}));
  const auto with = [](const std::string& word, const std::string& pair) {
    return Sent{{{"Authorization", word + " " + crypto::base64_encode(pair)}}, "{}"};
  };
  check_good(source, with("Basic", "shop:open sesame"));
  check_good(source, with("basic", "shop:p:q"));
  for (const char* pair : {"shop:", "shop", ":open sesame", "Shop:open sesame", "shop:open sesame "})
    check_refused(source, with("Basic", pair), "authorization", "name and password");
  check_refused(source, with("Bearer", "shop:open sesame"), "authorization", "not of the scheme");
  check_refused(source, {{{"Authorization", "Basic !!"}}, ""}, "authorization");
  check_refused(source, {{}, ""}, "authorization", "is missing");
}

TEST_CASE("Client certificate: its fingerprint or subject, from a trusted proxy alone") {
  const std::string digits = "ab12cd34ef56ab12cd34ef56ab12cd34ef56ab12";
  std::string colons;
  for (std::size_t i = 0; i < digits.size(); i += 2) colons += (i ? ":" : "") + digits.substr(i, 2);
  std::string upper = colons;
  for (char& c : upper) c = c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  auto declared = source_of("client-certificate", {upper, "CN=shop,O=Example"});
  declared.verify.header = "X-Client-Cert";
  const auto source = made(declared);
  for (const std::string& value : {digits, colons, upper, std::string("CN=shop,O=Example")}) {
    check_good(source, {{{"X-Client-Cert", value}}, "", "", "10.1.2.3"});
    check_refused(source, {{{"X-Client-Cert", value}}, "", "", "192.0.2.1"}, "x-client-cert",
                  "gateway.trusted_proxies");
  }
  for (const std::string& value : {digits.substr(1), "b" + digits.substr(1), std::string("cn=shop,O=Example")})
    check_refused(source, {{{"X-Client-Cert", value}}, "", "", "10.1.2.3"}, "x-client-cert", "another certificate");
  check_refused(source, {{{"X-Client-Cert", digits}, {"x-client-cert", digits}}, "", "", "10.1.2.3"}, "x-client-cert",
                "twice");
  check_refused(source, {{}, "", "", "10.1.2.3"}, "x-client-cert", "is missing");
}
