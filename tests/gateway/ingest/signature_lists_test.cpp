// Lists of signatures: how long one may be, and what finding out costs.
#include "tests/gateway/webhook/prepared.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;
constexpr UnixMillis kNow = 1'614'265'330'000;
const std::string kTime = "1614265330";
const std::string kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
// The specification's vector, and another key.
const std::string kPublic = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=";
const std::string kOtherPublic = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
const std::string kGoodPublic =
    "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
const std::string kPublicBody = R"({"test": 2432232314})";
constexpr const char* kPublicId = "msg_p5jXN8AQM9LWM0D4loKWxJek";

std::string hex_mac(std::string_view text) { return crypto::hex_encode(crypto::Hmac("s").sign({text})); }
std::string repeated(const std::string& item, std::size_t times, const std::string& joint) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += (i == 0 ? "" : joint) + item;
  return text;
}

PreparedSource made(const std::string& scheme, const std::vector<std::string>& secrets) {
  auto ready = prepare(source_of(scheme, secrets));
  REQUIRE_MESSAGE(ready, ready.error().message);
  return std::move(*ready);
}

struct Sent {
  Lines headers;
  std::string body;
  Result<void> to(const PreparedSource& source) const { return verified(source, webhook().request(), kNow); }
  verify::Effort effort(const PreparedSource& source) const { return source.effort(webhook().request()); }

 private:
  Webhook webhook() const {
    Webhook webhook{{}, body};
    for (const auto& [name, value] : headers) webhook.headers.push_back({name, value});
    return webhook;
  }
};

Sent standard(const std::string& signatures, const std::string& id = kPublicId, const std::string& body = kPublicBody) {
  return {{{"webhook-id", id}, {"webhook-timestamp", kTime}, {"webhook-signature", signatures}}, body};
}
Sent stripe(const std::string& list, const std::string& body = "x") { return {{{"Stripe-Signature", list}}, body}; }

void check_refused(const Result<void>& verified, std::string_view pointer, std::string_view says) {
  REQUIRE_FALSE(verified);
  CHECK(verified.error().code == Code::unauthenticated);
  CHECK(verified.error().pointer == pointer);
  CHECK_MESSAGE(verified.error().message.find(says) != std::string::npos, verified.error().message);
}

}  // namespace

TEST_CASE("Signature list: sixteen signatures are looked at, one of seventeen is not believed") {
  const std::string bad = "v1=" + std::string(64, '0'), good = "v1=" + hex_mac(kTime + ".x");
  const auto source = made("stripe", {"s"});
  CHECK(stripe("t=" + kTime + "," + repeated(bad, 15, ",") + "," + good).to(source));
  check_refused(stripe("t=" + kTime + "," + repeated(bad, 16, ",") + "," + good).to(source), "stripe-signature",
                "more than 16");
  const auto paddle = made("paddle", {"s"});
  const std::string paddle_good = "h1=" + hex_mac(kTime + ":x"), paddle_bad = "h1=" + std::string(64, '0');
  const Sent fits{{{"Paddle-Signature", "ts=" + kTime + ";" + repeated(paddle_bad, 15, ";") + ";" + paddle_good}}, "x"};
  CHECK(fits.to(paddle));
  const Sent over{{{"Paddle-Signature", "ts=" + kTime + ";" + repeated(paddle_bad, 16, ";") + ";" + paddle_good}}, "x"};
  check_refused(over.to(paddle), "paddle-signature", "more than 16");
}

TEST_CASE("Signature list: Standard Webhooks' is as long at most, whatever versions stand in it") {
  const auto source = made("standard-webhooks", {kSecret});
  const std::string good = crypto::StandardWebhooks::make(kSecret)->sign(kPublicId, 1'614'265'330, kPublicBody);
  for (const char* other : {"v1,AAAA", "v1a,AAAA", "v2,AAAA", "x"}) {
    CAPTURE(other);
    CHECK(standard(repeated(other, 15, " ") + " " + good).to(source));
    check_refused(standard(repeated(other, 16, " ") + " " + good).to(source), "webhook-signature", "more than 16");
  }
  CHECK(standard(std::string(100, ' ') + good).to(source));
}

TEST_CASE("Signature list: keys and signatures are tried in sixteen pairs at most") {
  const std::vector<std::string> keys = {kOtherPublic, kOtherPublic, kOtherPublic, kOtherPublic, kPublic};
  const auto source = made("standard-webhooks", keys);
  const std::string forged = "v1a," + crypto::base64_encode(std::string(64, 'x'));
  CHECK(standard(repeated(forged, 2, " ") + " " + kGoodPublic).to(source));  // the fifteenth pair
  check_refused(standard(repeated(forged, 3, " ") + " " + kGoodPublic).to(source), "webhook-signature",
                "the first 16 pairs");
  CHECK(standard(repeated("v1a,AAAA", 15, " ") + " " + kGoodPublic).to(source));  // what is no signature is no pair
}

TEST_CASE("Standard Webhooks: an id with a '.' is refused, for it could be signed as another webhook") {
  const auto source = made("standard-webhooks", {kSecret});
  const auto key = crypto::StandardWebhooks::make(kSecret);
  const std::string signature = key->sign("a", 1'614'265'330, "1614265330.{}");
  CHECK(standard(signature, "a", "1614265330.{}").to(source));
  check_refused(standard(signature, "a." + kTime, "{}").to(source), "webhook-id", "holds a '.'");
  Sent svix = standard(signature, "a." + kTime, "{}");
  for (auto& [name, value] : svix.headers) name.replace(0, 7, "svix");
  check_refused(svix.to(source), "webhook-id", "holds a '.'");
}

TEST_CASE("Effort: one MAC a secret, whatever the number of signatures; none for what is refused unseen") {
  const std::string body(1 << 20, 'x');
  const std::string one = "v1=" + std::string(64, '0');
  const auto source = made("stripe", {"s"});
  const auto effort = stripe("t=" + kTime + "," + one, body).effort(source);
  CHECK(effort == verify::to_hash(body.size()));
  CHECK(effort > verify::Effort(1'000));
  CHECK(stripe("t=" + kTime + "," + repeated(one, 300, ","), body).effort(source) == effort);
  CHECK(stripe("t=" + kTime + "," + one, body).effort(made("stripe", {"s", "t", "u"})) >= 2 * effort);
  CHECK(Sent{{}, body}.effort(source) == verify::Effort(0));
  CHECK(Sent{{}, body}.effort(made("github", {"s"})) == verify::Effort(0));
  CHECK(Sent{{}, body}.effort(made("twilio", {"s"})) == verify::Effort(0));
}

TEST_CASE("Effort: JSON with numbers that a double does not hold is dear to parse; in strings they are none") {
  const auto list = [](const std::string& item, std::size_t times) { return "[" + repeated(item, times, ",") + "]"; };
  const auto to_parse = [](const std::string& text) { return verify::to_parse(text, verify::Effort::max()); };
  CHECK(to_parse(list("1.25", 10'000)) < verify::Effort(1'000));
  CHECK(to_parse(list("12345678901234567", 2'000)) < verify::Effort(1'000));
  for (const char* hard : {"1.234567890123456789e-300", "1e-324", "0.12345678901234567", "-5E10"}) {
    CAPTURE(hard);
    CHECK(to_parse(list(hard, 1'000)) >= verify::Effort(10'000));
    CHECK(to_parse(list("\"" + std::string(hard) + "\"", 1'000)) < verify::Effort(1'000));
    CHECK(to_parse(list("\"\\\"" + std::string(hard) + "\\\\\"", 1'000)) < verify::Effort(1'000));
  }
  CHECK(to_parse(std::string(3'000, '"')) < verify::Effort(1'000));
  CHECK(to_parse("") == verify::Effort(0));
  // What is more than was asked for is not counted to its end.
  const auto most = verify::kLongestOnLoop;
  const auto enough = verify::to_parse(list("1e-324", 10'000), most);
  CHECK((enough > most && enough <= most + verify::Effort(10)));
  CHECK(verify::to_parse(std::string(1'000'000, '7'), most) == verify::Effort(5'000));
}

TEST_CASE("Effort: of Standard Webhooks only for entries that a secret or key here could have made") {
  const std::string body(1 << 20, 'x');
  const auto secret = made("standard-webhooks", {kSecret}), key = made("standard-webhooks", {kPublic});
  const std::string asymmetric = repeated("v1a,AAAA", 335, " ");
  CHECK(standard(asymmetric, "a", body).effort(secret) == verify::Effort(0));
  CHECK(standard("v1,AAAA", "a", body).effort(key) == verify::Effort(0));
  CHECK(standard("v1,AAAA v1,AAAA", "a", body).effort(secret) == verify::to_hash(body.size()));
  const auto most = standard(asymmetric, "a", body).effort(key);
  CHECK(most <= 16 * (verify::to_hash(body.size()) + verify::kEd25519) + verify::Effort(16));
  CHECK(standard("v1a,AAAA", "a", body).effort(key) < most);
  CHECK(standard("v1a,AAAA", "a", body).effort(made("gitlab", {"token"})) == verify::Effort(0));
}

TEST_CASE("Effort: of Standard Webhooks is not hidden behind spaces") {
  const std::string body(300'000, 'x');
  const auto source = made("standard-webhooks", {kPublic});
  const auto plain = standard(kGoodPublic, "a", body).effort(source);
  CHECK(plain > verify::Effort(0));
  CHECK(standard("x" + std::string(17, ' ') + kGoodPublic, "a", body).effort(source) == plain);
}

TEST_CASE("Value: with a pointer, a string equals the secret and nothing that is written like it") {
  auto declared = source_of("value", {"12345", "true"});
  declared.verify.pointer = "/client/0/state";
  const auto source = prepare(declared);
  REQUIRE(source);
  const auto with = [&](const std::string& value) {
    const Sent sent{{}, R"({"client":[{"state":)" + value + "}]}"};
    return sent.to(*source);
  };
  CHECK(with(R"("12345")"));
  CHECK(with(R"("true")"));
  CHECK(with(R"("\u0031\u0032345")"));
  for (const char* value : {"12345", "true", "[\"12345\"]", "null", "{\"12345\":1}", "12345.0"}) {
    CAPTURE(value);
    check_refused(with(value), "/client/0/state", "has no string at");
  }
}

TEST_CASE("Form: of a thousand fields one more is too many to be believed") {
  auto declared = source_of("twilio", {"token"});
  declared.verify.url = "https://a.example/x";
  const auto source = prepare(declared);
  REQUIRE(source);
  const auto signed_form = [](std::size_t fields) {
    return Sent{{{"X-Twilio-Signature",
                  crypto::base64_encode(
                      crypto::Hmac("token", crypto::Hmac::Algorithm::sha1).sign({"https://a.example/x", "a"}))},
                 {"Content-Type", "application/x-www-form-urlencoded"}},
                repeated("a", fields, "&")};
  };
  CHECK(signed_form(1'000).to(*source));
  check_refused(signed_form(1'001).to(*source), "", "more than 1000 fields");
}
