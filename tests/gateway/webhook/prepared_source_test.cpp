// Signatures, as conformance to GitHub's scheme and to Standard Webhooks 1.0.0 asks for.
#include "gateway/webhook/prepared_source.hpp"

#include "tests/gateway/webhook/prepared.hpp"

using namespace certes;
using namespace certes::gateway::ingest;
using namespace certes::gateway::ingest::testing;

namespace {

constexpr std::string_view kGithubHeader = "X-Hub-Signature-256";
constexpr std::string_view kGithubSecret = "It's a Secret to Everybody";
constexpr std::string_view kGithubBody = "Hello, World!";
constexpr std::string_view kGithubMac = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

constexpr std::string_view kStandardSecret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kStandardId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::string_view kStandardBody = R"({"test": 2432232314})";
constexpr std::string_view kStandardSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
constexpr UnixMillis kStandardTime = 1'614'265'330'000;

Result<void> github(const PreparedSource& source, std::string_view signature, std::string_view body = kGithubBody) {
  return verified(source, Webhook{{{kGithubHeader, signature}}, body}.request(), 0);
}

struct Standard {
  std::string_view id = kStandardId, timestamp = "1614265330", signatures = kStandardSignature, body = kStandardBody;
  UnixMillis now = kStandardTime;
  Result<void> verified_by(const PreparedSource& source) const {
    Webhook webhook{{}, body};
    for (const auto& [name, value] :
         {std::pair{"Webhook-Id", id}, {"Webhook-Timestamp", timestamp}, {"Webhook-Signature", signatures}})
      if (!value.empty()) webhook.headers.push_back({name, value});
    return verified(source, webhook.request(), now);
  }
};

void check_refused(const Result<void>& verified, std::string_view pointer, std::string_view says) {
  REQUIRE_FALSE(verified);
  CHECK(verified.error().code == Code::unauthenticated);
  CHECK(verified.error().pointer == pointer);
  CHECK_MESSAGE(verified.error().message.find(says) != std::string::npos, verified.error().message);
}

}  // namespace

TEST_CASE("Source: without a scheme that signs anything verifies, and only `key` asks for a key") {
  for (const std::string scheme : {"none", "key"}) {
    const auto source = prepare(source_of(scheme));
    REQUIRE(source);
    CHECK(verified(*source, Webhook{{}, "x"}.request(), 0));
    CHECK(source->needs_key() == (scheme == "key"));
  }
}

TEST_CASE("GitHub signature: the published vector") {
  const auto source = prepare(source_of("github", {std::string(kGithubSecret)}));
  REQUIRE(source);
  CHECK(github(*source, "sha256=" + std::string(kGithubMac)));
  CHECK_FALSE(source->needs_key());
}

TEST_CASE("GitHub signature: wrong ones are refused, and say why") {
  const auto source = prepare(source_of("github", {std::string(kGithubSecret)}));
  REQUIRE(source);
  const std::string mac(kGithubMac), header = "x-hub-signature-256";
  check_refused(verified(*source, Webhook{{}, kGithubBody}.request(), 0), header, "is missing");
  check_refused(github(*source, ""), header, "is missing");
  for (const auto& text : {mac, "sha1=" + mac, "SHA256=" + mac, " sha256=" + mac})
    check_refused(github(*source, text), header, "does not begin with sha256=");
  for (const auto& text : {std::string(), mac.substr(2), mac + "00", mac.substr(1), std::string(64, 'z'), mac + " ",
                           "0" + mac.substr(1), mac + ",sha256=" + mac})
    check_refused(github(*source, "sha256=" + text), header, "does not verify");
  check_refused(github(*source, "sha256=" + mac, "Hello, World"), header, "does not verify");
  check_refused(github(*source, "sha256=" + mac, ""), header, "does not verify");
  check_refused(verified(*source, Webhook{{{"X-Hub-Signature", "sha1=00"}}, kGithubBody}.request(), 0), header,
                "missing");
}

TEST_CASE("GitHub signature: while secrets are rotated each of them is good") {
  const std::string signature = "sha256=" + std::string(kGithubMac), secret(kGithubSecret);
  for (const auto& secrets : {std::vector<std::string>{"new", secret}, {secret, "new"}, {"a", secret, "b"}}) {
    const auto source = prepare(source_of("github", secrets));
    REQUIRE(source);
    CHECK(github(*source, signature));
    for (const auto& each : secrets)
      CHECK(github(*source, "sha256=" + crypto::hex_encode(crypto::Hmac(each).sign({kGithubBody}))));
  }
  CHECK_FALSE(github(*prepare(source_of("github", {"new", "newer"})), signature));
}

TEST_CASE("Standard Webhooks signature: the published vector, with and without whsec_") {
  for (const std::string prefix : {"", "whsec_"}) {
    const auto source = prepare(source_of("standard-webhooks", {prefix + std::string(kStandardSecret)}));
    REQUIRE(source);
    CHECK(Standard{}.verified_by(*source));
  }
}

TEST_CASE("Standard Webhooks signature: any of the list, any of the secrets") {
  const auto source =
      prepare(source_of("standard-webhooks", {crypto::StandardWebhooks::new_secret(), std::string(kStandardSecret)}));
  REQUIRE(source);
  const std::string good(kStandardSignature);
  for (const auto& list : {"v1,AAAA " + good, good + " v1,AAAA", "v1a,AAAA " + good}) {
    Standard standard;
    standard.signatures = list;
    CHECK(standard.verified_by(*source));
  }
}

TEST_CASE("Standard Webhooks signature: the tolerance holds both ways, to the second") {
  auto declared = source_of("standard-webhooks", {std::string(kStandardSecret)});
  for (const std::int64_t tolerance : {300, 5}) {
    declared.verify.tolerance_seconds = tolerance;
    const auto source = prepare(declared);
    REQUIRE(source);
    const auto at = [&](std::int64_t seconds) {
      Standard standard;
      standard.now += seconds * 1'000;
      return standard.verified_by(*source);
    };
    CHECK(at(tolerance));
    CHECK(at(-tolerance));
    check_refused(at(tolerance + 1), "webhook-timestamp", "too old");
    check_refused(at(-tolerance - 1), "webhook-timestamp", "in the future");
  }
}

TEST_CASE("Standard Webhooks signature: wrong ones are refused, and say why") {
  const auto source = prepare(source_of("standard-webhooks", {std::string(kStandardSecret)}));
  REQUIRE(source);
  const auto with = [&](std::string_view Standard::*part, std::string_view value) {
    Standard standard;
    standard.*part = value;
    return standard.verified_by(*source);
  };
  check_refused(with(&Standard::id, ""), "webhook-id", "webhook-id is missing");
  check_refused(with(&Standard::timestamp, ""), "webhook-timestamp", "webhook-timestamp is missing");
  check_refused(with(&Standard::signatures, ""), "webhook-signature", "webhook-signature is missing");
  for (const auto* text : {"+1614265330", "-1614265330", "01614265330", " 1614265330", "1614265330 ", "1614265330.0",
                           "2021-02-25T15:02:10Z", "0x60", "99999999999999999999"})
    check_refused(with(&Standard::timestamp, text), "webhook-timestamp", "");
  for (const auto* text : {"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "v1,", "v1", "v2,AAAA",
                           "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE", "v1a,g0hM9SsE+OTPJTGt"})
    check_refused(with(&Standard::signatures, text), "webhook-signature", "matches");
  check_refused(with(&Standard::id, "msg_other"), "webhook-signature", "matches");
  check_refused(with(&Standard::timestamp, "1614265331"), "webhook-signature", "matches");
  check_refused(with(&Standard::body, R"({"test":2432232314})"), "webhook-signature", "matches");
}

TEST_CASE("Source: what cannot work is internal, and names the source and its part") {
  const auto check_broken = [](const registry::Source& source, std::string_view says) {
    const auto made = prepare(source);
    REQUIRE_FALSE(made);
    CHECK(made.error().code == Code::internal);
    CHECK(made.error().message.find("source shop cannot work") != std::string::npos);
    CHECK_MESSAGE(made.error().message.find(says) != std::string::npos, made.error().message);
  };
  check_broken(source_of("github"), "secret: there is none");
  check_broken(source_of("standard-webhooks"), "secret: there is none");
  check_broken(source_of("github", {""}), "secret: is empty");
  check_broken(source_of("standard-webhooks", {"whsec_c2hvcnQ="}), "secret");
  auto moved = source_of("github", {"secret"});
  moved.id = "shop";
  moved.tenant = "acme";
  check_broken(moved, "secret");
  auto plain = source_of("github");
  plain.verify.secrets = {"not sealed"};
  check_broken(plain, "secret");
  for (auto [name, member] : {std::pair{"type_from", &registry::Source::type_from},
                              {"id_from", &registry::Source::id_from},
                              {"key_from", &registry::Source::key_from},
                              {"subject_from", &registry::Source::subject_from}}) {
    auto source = source_of("none");
    source.*member = "nonsense";
    check_broken(source, name);
  }
  const auto unknown = prepare(source_of("md5"));
  CHECK((!unknown || !verified(*unknown, Webhook{{}, ""}.request(), 0)));
}
