#include "common/event/coding.hpp"

#include "common/log/record.hpp"
#include "tests/fakes/packed.hpp"

using namespace certes;
using namespace certes::event;
using fakes::packed;

namespace {

constexpr std::size_t kMost = 1u << 20;

std::string text_of(std::size_t size) {
  std::string text;
  for (unsigned n = 1; text.size() < size; n = n * 1'664'525 + 1'013'904'223) text += std::to_string(n);
  text.resize(size);
  return text;
}

}  // namespace

TEST_CASE("Content coding: gzip and deflate give what was packed, of any size") {
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{1'000}, std::size_t{900'000}, kMost}) {
    const std::string text = text_of(size);
    for (const char* coding : {"gzip", "x-gzip", "GZIP"}) CHECK(unpack(coding, packed(text), kMost).value() == text);
    CHECK(unpack("deflate", packed(text, fakes::kZlib), kMost).value() == text);
  }
}

TEST_CASE("Content coding: what is cut, changed, followed by more or no such thing is refused") {
  const std::string good = packed(text_of(1'000));
  std::string changed = good;
  changed[changed.size() / 2] ^= 1;
  for (const std::string& bad : {std::string(), good.substr(0, good.size() - 1), good.substr(1), changed, good + "x",
                                 good + good, packed("x", fakes::kRawDeflate), std::string("{}")}) {
    const auto unpacked = unpack("gzip", bad, kMost);
    REQUIRE_FALSE(unpacked);
    CHECK(unpacked.error().message == "the body is no gzip");
    CHECK(unpacked.error().pointer == "content-encoding");
  }
  for (const char* coding : {"br", "zstd", "gzip, gzip", "compress"}) {
    const auto unpacked = unpack(coding, good, kMost);
    REQUIRE_FALSE(unpacked);
    CHECK(unpacked.error().message.find(coding) != std::string::npos);
  }
}

TEST_CASE("Content coding: nothing is unpacked beyond what is taken, nor beyond a hundred times its size") {
  const std::string zeros = packed(std::string(1'000'000, '0'));  // about 1 KB
  const std::size_t bound = most_unpacked(zeros.size(), kMost);
  CHECK(bound < 1'000'000);
  const auto unpacked = unpack("gzip", zeros, kMost);
  REQUIRE_FALSE(unpacked);
  CHECK(unpacked.error().message.find(std::to_string(bound)) != std::string::npos);
  CHECK(most_unpacked(10, kMost) == 65'536);
  CHECK(most_unpacked(10, 100) == 100);
  CHECK(unpack("gzip", packed(std::string(65'536, '0')), kMost).value().size() == 65'536);
  CHECK_FALSE(unpack("gzip", packed(std::string(65'537, '0')), kMost));
  CHECK(unpack("gzip", packed(text_of(100)), 100));
  CHECK_FALSE(unpack("gzip", packed(text_of(101)), 100));
}

TEST_CASE("Content coding: of fields in any case, as one list, and identity is none") {
  log::Headers headers;
  CHECK(content_coding(headers).empty());
  headers.add("Content-Encoding", "identity");
  CHECK(content_coding(headers).empty());
  headers.add("content-encoding", "gzip");
  CHECK(content_coding(headers) == "gzip");
  headers.add("CONTENT-ENCODING", "br");
  CHECK(content_coding(headers) == "gzip, br");
  CHECK_FALSE(refuse_coding(""));
  CHECK(refuse_coding("br")->message.find(" br ") != std::string::npos);
}
