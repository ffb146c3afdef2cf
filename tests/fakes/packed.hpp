#pragma once
// Bytes packed as a sender would. Who: tests of what takes webhooks.

#include <doctest/doctest.h>
#include <zlib.h>

#include <algorithm>
#include <string>
#include <string_view>

namespace certes::fakes {

inline constexpr int kGzip = MAX_WBITS + 16, kZlib = MAX_WBITS, kRawDeflate = -MAX_WBITS;

inline std::string packed(std::string_view plain, int form = kGzip) {
  z_stream stream{};
  REQUIRE(::deflateInit2(&stream, 9, Z_DEFLATED, form, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(plain.size() + 1'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.erase(std::min<std::size_t>(stream.total_out, out.size()));
  ::deflateEnd(&stream);
  return out;
}

}  // namespace certes::fakes
