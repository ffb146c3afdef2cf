#include <doctest/doctest.h>

#include "common/crypto/crypto.hpp"

using namespace certes;
using crypto::Sealer;

namespace {
Sealer sealer_of(std::vector<std::string> keys) { return std::move(*Sealer::make(keys)); }
}  // namespace

TEST_CASE("Sealer: what it seals, it opens, and each sealing differs") {
  const Sealer sealer = sealer_of({Sealer::new_key()});
  for (const std::string secret :
       {"", "x", "whsec_abc", "a longer secret, with more than one block of the cipher in it"}) {
    const std::string sealed = sealer.seal(secret, "default/endpoints/a");
    CHECK(sealed.starts_with("sealed:v1:" + sealer.key_id() + ":"));
    CHECK(sealed != sealer.seal(secret, "default/endpoints/a"));
    const auto opened = sealer.open(sealed, "default/endpoints/a");
    REQUIRE(opened);
    CHECK(*opened == secret);
  }
}

TEST_CASE("Sealer: a sealed secret cannot be moved to another resource, nor changed") {
  const Sealer sealer = sealer_of({Sealer::new_key()});
  std::string sealed = sealer.seal("secret", "default/endpoints/a");
  CHECK(sealer.open(sealed, "default/endpoints/b").error().code == Code::unauthenticated);
  sealed[25] = sealed[25] == 'A' ? 'B' : 'A';
  CHECK(sealer.open(sealed, "default/endpoints/a").error().code == Code::unauthenticated);
}

TEST_CASE("Sealer: the first key seals, all open") {
  const std::string old_key = Sealer::new_key();
  const std::string new_key = Sealer::new_key();
  const std::string sealed = sealer_of({old_key}).seal("secret", "c");
  CHECK(*sealer_of({new_key, old_key}).open(sealed, "c") == "secret");
  CHECK(sealer_of({new_key, old_key}).key_id() == sealer_of({new_key}).key_id());
  const auto wrong = sealer_of({new_key}).open(sealed, "c");
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().code == Code::unauthenticated);
}

TEST_CASE("Sealer: what is no sealed secret is invalid") {
  const Sealer sealer = sealer_of({Sealer::new_key()});
  for (const char* text : {"", "whsec_abc", "sealed:v1:", "sealed:v1:12345678:", "sealed:v1:12345678:AAAA",
                           "sealed:v1:12345678 AAAA", "sealed:v2:12345678:AAAA"}) {
    CAPTURE(text);
    CHECK(sealer.open(text, "c").error().code == Code::invalid);
  }
}

TEST_CASE("Sealer: a derived secret follows from the key and the purpose, and signs") {
  const std::string first = Sealer::new_key(), second = Sealer::new_key();
  const auto both = Sealer::make({first, second})->derived_secrets("reply_to/a");
  REQUIRE(both.size() == 2);
  CHECK(both == Sealer::make({first, second})->derived_secrets("reply_to/a"));
  CHECK(both[0] == Sealer::make({first})->derived_secrets("reply_to/a")[0]);
  CHECK(both[1] == Sealer::make({second})->derived_secrets("reply_to/a")[0]);
  CHECK(both[0] != both[1]);
  CHECK(both[0] != Sealer::make({first})->derived_secrets("reply_to/b")[0]);
  CHECK(crypto::StandardWebhooks::make(both[0]));
}

TEST_CASE("Sealer: says which key is malformed") {
  CHECK_FALSE(Sealer::make({}));
  const auto result = Sealer::make({Sealer::new_key(), "short"});
  REQUIRE_FALSE(result);
  CHECK(result.error().message.find("key 2") != std::string::npos);
}

TEST_CASE("API keys: certes_ and 43 characters, kept as their hash") {
  const std::string key = crypto::new_api_key();
  CHECK(key.size() == 50);
  CHECK(key.starts_with("certes_"));
  CHECK(key != crypto::new_api_key());
  CHECK(crypto::hash_api_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
