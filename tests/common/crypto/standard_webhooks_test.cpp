#include <doctest/doctest.h>

#include "common/crypto/crypto.hpp"

using namespace certes::crypto;

namespace {
constexpr std::string_view kSecret = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr std::string_view kId = "msg_p5jXN8AQM9LWM0D4loKWxJek";
constexpr std::int64_t kTime = 1614265330;
constexpr std::string_view kBody = R"({"test": 2432232314})";
constexpr std::string_view kSignature = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";

StandardWebhooks webhooks() { return std::move(*StandardWebhooks::make(kSecret)); }
certes::Result<void> verify(std::string_view id, std::string_view time, std::string_view list,
                            std::string_view body = kBody, std::int64_t now = kTime) {
  return webhooks().verify(id, time, list, body, now, 300);
}
}  // namespace

TEST_CASE("StandardWebhooks: signs the specification's vector, with and without the prefix") {
  CHECK(webhooks().sign(kId, kTime, kBody) == kSignature);
  CHECK(StandardWebhooks::make("whsec_" + std::string(kSecret))->sign(kId, kTime, kBody) == kSignature);
}

TEST_CASE("StandardWebhooks: verifies one good signature among others") {
  const std::string good(kSignature);
  CHECK(verify(kId, "1614265330", good));
  CHECK(verify(kId, "1614265330", "v1,bm90IHRoaXMgb25l " + good));
  CHECK(verify(kId, "1614265330", good + " v1a,AAAA v2,zzz"));
}

TEST_CASE("StandardWebhooks: what does not verify is unauthenticated") {
  const std::string good(kSignature);
  CHECK_FALSE(verify(kId, "1614265330", good, "{}"));
  CHECK_FALSE(verify("msg_other", "1614265330", good));
  CHECK_FALSE(verify("", "1614265330", good));
  CHECK_FALSE(verify(kId, "1614265331", good));
  CHECK_FALSE(verify(kId, "1614265330", ""));
  CHECK_FALSE(verify(kId, "1614265330", good.substr(3)));
  CHECK_FALSE(verify(kId, "1614265330", "v1a," + good.substr(3)));
  CHECK_FALSE(verify(kId, "1614265330", good.substr(0, 20)));
  CHECK(verify(kId, "1614265330", "").error().code == certes::Code::unauthenticated);
}

TEST_CASE("StandardWebhooks: a time outside the tolerance, signed or padded is refused") {
  CHECK(verify(kId, "1614265330", kSignature, kBody, kTime + 300));
  CHECK(verify(kId, "1614265330", kSignature, kBody, kTime - 300));
  CHECK_FALSE(verify(kId, "1614265330", kSignature, kBody, kTime + 301));
  CHECK_FALSE(verify(kId, "1614265330", kSignature, kBody, kTime - 301));
  for (const char* time :
       {"", "+1614265330", "01614265330", " 1614265330", "1614265330 ", "1614265330.0", "1e9", "-1"}) {
    CAPTURE(time);
    const auto result = verify(kId, time, kSignature);
    REQUIRE_FALSE(result);
    CHECK(result.error().pointer == "webhook-timestamp");
  }
}

TEST_CASE("StandardWebhooks: a secret has 24 to 64 bytes of base64") {
  CHECK(StandardWebhooks::make("whsec_" + base64_encode(std::string(24, 'x'))));
  CHECK(StandardWebhooks::make("whsec_" + base64_encode(std::string(64, 'x'))));
  CHECK_FALSE(StandardWebhooks::make("whsec_" + base64_encode(std::string(23, 'x'))));
  CHECK_FALSE(StandardWebhooks::make("whsec_" + base64_encode(std::string(65, 'x'))));
  CHECK_FALSE(StandardWebhooks::make(""));
  CHECK_FALSE(StandardWebhooks::make("whsec_not base64"));
}

TEST_CASE("StandardWebhooks: a new secret is one, and new each time") {
  const std::string secret = StandardWebhooks::new_secret();
  CHECK(secret.starts_with("whsec_"));
  CHECK(StandardWebhooks::make(secret));
  CHECK(secret != StandardWebhooks::new_secret());
}
