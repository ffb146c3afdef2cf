// The table of schemes, and the member `verify` of a declared source.
#include "common/registry/schemes.hpp"

#include <doctest/doctest.h>

#include <set>

#include "common/registry/resource_json.hpp"

using namespace certes;
using namespace certes::registry;

namespace {

Result<Source> declared(const std::string& verify) {
  return parse<Source>("{\"verify\":" + verify + "}", Form::declared);
}

void check_refused(const std::string& verify, std::string_view pointer, std::string_view says) {
  const auto source = declared(verify);
  REQUIRE_FALSE_MESSAGE(source, verify);
  CHECK_MESSAGE(source.error().pointer == pointer, verify << ": " << source.error().pointer);
  CHECK_MESSAGE(source.error().message.find(says) != std::string::npos, source.error().message);
}

constexpr const char* kPublicKey = "whpk_b3Eb8pV1k/p5NRskxu6sgGEQmQSM4xjl9dvNf02BlZo=";

}  // namespace

TEST_CASE("Schemes: every name is there once, and finds its line") {
  std::set<std::string_view> names;
  for (const Scheme& scheme : all_schemes()) {
    CHECK(names.insert(scheme.name).second);
    CHECK(find_scheme(scheme.name) == &scheme);
  }
  CHECK(names.size() == 17);
  CHECK(find_scheme("md5") == nullptr);
  CHECK(find_scheme("") == nullptr);
}

TEST_CASE("Schemes: a source declares what its scheme needs, and nothing that it does not take") {
  for (const char* good : {
           R"({"scheme":"none"})",
           R"({"scheme":"key"})",
           R"({"scheme":"basic","secret":"name:pass:word"})",
           R"({"scheme":"value","header":"X-Token","secret":"a"})",
           R"({"scheme":"value","pointer":"/value/0/clientState","secret":"a"})",
           R"({"scheme":"client-certificate","header":"X-Client-Fingerprint","secret":"ab"})",
           R"({"scheme":"generic","header":"X-Signature","secret":"a"})",
           R"({"scheme":"generic","header":"X-Signature","secret":"a","prefix":"v1=","algorithm":"sha512",
               "encoding":"base64","signed":"{timestamp}.{url}.{header:X-A}.{body}","timestamp":"X-Time",
               "url":"https://example.com/a","tolerance_seconds":10})",
           R"({"scheme":"gitlab","secret":"token"})",
           R"({"scheme":"meta","secret":"a","verify_token":"b"})",
           R"({"scheme":"square","secret":"a","url":"https://example.com/hooks?a=1"})",
           R"({"scheme":"twilio","secret":"a","url":"https://example.com:8443"})",
           R"({"scheme":"square","secret":"a"})",
           R"({"scheme":"twilio","secret":"a"})",
           R"({"scheme":"generic","header":"X-Signature","secret":"a","signed":"{url}{body}"})",
           R"({"scheme":"standard-webhooks","secrets":["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]})",
       })
    CHECK_MESSAGE(declared(good), good);
  check_refused(R"({"scheme":"generic","secret":"a"})", "/verify/header", "needs \"header\"");
  check_refused(R"({"scheme":"client-certificate","secret":"a"})", "/verify/header", "needs");
  check_refused(R"({"scheme":"value","secret":"a"})", "/verify/header", "one of them");
  check_refused(R"({"scheme":"value","secret":"a","header":"A","pointer":"/a"})", "/verify/header", "one of them");
  for (const char* member : {"url", "header", "pointer", "prefix", "algorithm", "encoding", "signed", "timestamp"})
    for (const char* scheme : {"none", "key", "github", "stripe", "slack", "shopify", "paddle", "zendesk", "gitlab"})
      check_refused(std::string("{\"scheme\":\"") + scheme + "\",\"" + member + "\":\"x\"}",
                    std::string("/verify/") + member, "takes no");
  check_refused(R"({"scheme":"stripe","verify_token":"x"})", "/verify/verify_token", "takes no");
}

TEST_CASE("Schemes: only those that sign a time take a tolerance") {
  for (const char* scheme : {"standard-webhooks", "gitlab", "paddle", "slack", "stripe", "zendesk"})
    CHECK_MESSAGE(declared(std::string(R"({"scheme":")") + scheme + R"(","tolerance_seconds":60})"), scheme);
  for (const char* scheme : {"none", "key", "basic", "github", "meta", "shopify", "square", "twilio"})
    check_refused(std::string(R"({"scheme":")") + scheme + R"(","tolerance_seconds":60})", "/verify/tolerance_seconds",
                  "takes no");
  check_refused(R"({"scheme":"value","header":"X-Token","tolerance_seconds":60})", "/verify/tolerance_seconds",
                "takes no");
  check_refused(R"({"scheme":"generic","header":"X-Signature","secret":"a","tolerance_seconds":60})",
                "/verify/tolerance_seconds", "no time is signed");
}

TEST_CASE("Schemes: the members' values are checked") {
  const auto generic = [](const std::string& more) {
    return R"({"scheme":"generic","header":"X-Signature","secret":"a",)" + more + "}";
  };
  check_refused(R"({"scheme":"generic","header":"X Signature"})", "/verify/header", "no name of a header");
  check_refused(generic(R"("algorithm":"md5")"), "/verify/algorithm", "sha256, sha1, sha512");
  check_refused(generic(R"("encoding":"base32")"), "/verify/encoding", "hex, base64");
  check_refused(generic(R"("prefix":"a\n")"), "/verify/prefix", "control");
  check_refused(generic(R"("signed":"{timestamp}","timestamp":"T")"), "/verify/signed", "{body}");
  check_refused(generic(R"("signed":"{body}{bodies}")"), "/verify/signed", "{bodies} is none of");
  check_refused(generic(R"("signed":"{body")"), "/verify/signed", "brace");
  check_refused(generic(R"("signed":"body}")"), "/verify/signed", "brace");
  check_refused(generic(R"("signed":"{header:A B}{body}")"), "/verify/signed", "none of");
  std::string many = "{body}";
  for (std::size_t i = 0; i < kMaxSignedParts; ++i) many += "{path}";
  check_refused(generic("\"signed\":\"" + many + "\""), "/verify/signed", "more than 16");
  check_refused(generic(R"("signed":"{timestamp}{body}")"), "/verify/timestamp", "must be named");
  check_refused(generic(R"("timestamp":"X-Time")"), "/verify/timestamp", "signed nowhere");
  check_refused(generic(R"("url":"https://a/")"), "/verify/url", "signed nowhere");
  for (const char* url : {"", "example.com", "ftp://example.com/", "https://", "https:///a", "https://a b/",
                          "https://user@example.com/", "https://a/#b"})
    check_refused(std::string(R"({"scheme":"square","secret":"a","url":")") + url + "\"}", "/verify/url", "must be");
  check_refused(R"({"scheme":"value","secret":"a","pointer":"a"})", "/verify/pointer", "begins with /");
  check_refused(R"({"scheme":"meta","secret":"a","verify_token":""})", "/verify/verify_token", "empty");
}

TEST_CASE("Schemes: a secret has the form that its scheme asks for") {
  const auto ok = [](std::string_view scheme, std::string_view secret) {
    return bool(check_secret(*find_scheme(scheme), secret));
  };
  CHECK(ok("github", "x"));
  CHECK_FALSE(ok("github", ""));
  CHECK_FALSE(ok("none", "x"));
  CHECK_FALSE(ok("key", "x"));
  CHECK(ok("stripe", "whsec_not base64"));  // used as it is
  CHECK(ok("standard-webhooks", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  CHECK(ok("standard-webhooks", kPublicKey));
  CHECK_FALSE(ok("standard-webhooks", "whpk_AAAA"));
  CHECK_FALSE(ok("standard-webhooks", "whsec_c2hvcnQ="));
  CHECK(ok("gitlab", "any token"));
  CHECK(ok("gitlab", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
  CHECK_FALSE(ok("gitlab", "whsec_c2hvcnQ="));
  CHECK(ok("basic", "name:password"));
  for (const char* secret : {"name", ":password", "name:", ":"}) CHECK_FALSE(ok("basic", secret));
}

TEST_CASE("Schemes: the tolerance is the source's, or the scheme's") {
  CHECK(tolerance_of(declared(R"({"scheme":"paddle","secret":"a"})")->verify) == 5);
  CHECK(tolerance_of(declared(R"({"scheme":"stripe","secret":"a"})")->verify) == 300);
  CHECK(tolerance_of(declared(R"({"scheme":"stripe","secret":"a","tolerance_seconds":7})")->verify) == 7);
}

TEST_CASE("Schemes: what is declared survives the log, and only secrets are not shown") {
  const auto source = declared(R"({"scheme":"generic","header":"X-Sig","secret":"top","prefix":"v1=","algorithm":"sha1",
      "encoding":"base64","signed":"{timestamp}{url}{body}","timestamp":"X-Time","url":"https://a/","tolerance_seconds":9})");
  REQUIRE(source);
  const auto read = parse<Source>(stored_json(*source), Form::stored);
  REQUIRE(read);
  const auto &before = source->verify, &after = read->verify;
  CHECK(after.secrets == before.secrets);
  CHECK(after.header == "X-Sig");
  CHECK(after.prefix == "v1=");
  CHECK(after.algorithm == "sha1");
  CHECK(after.encoding == "base64");
  CHECK(after.signed_parts == before.signed_parts);
  CHECK(after.timestamp == "X-Time");
  CHECK(after.url == "https://a/");
  CHECK(after.tolerance_seconds == 9);
  CHECK(shown_json(*source).find("top") == std::string::npos);
  const auto meta = declared(R"({"scheme":"meta","secret":"top","verify_token":"secret too"})");
  CHECK(parse<Source>(stored_json(*meta), Form::stored)->verify.verify_token == "secret too");
  CHECK(shown_json(*meta).find("secret too") == std::string::npos);
}
