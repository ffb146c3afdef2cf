#include "common/event/event.hpp"

#include <bit>
#include <cstring>

namespace certes::event {
namespace {

constexpr bool word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '/' ||
         c == ':' || c == '-';
}

bool plain_word(std::string_view word) {
  for (const char c : word)
    if (!word_character(c)) return false;
  return !word.empty();
}

template <class Accept>
bool all_words(std::string_view text, Accept accept) {
  if (text.empty() || text.size() > kMaxTypeBytes) return false;
  for (std::size_t at = 0;;) {
    const std::size_t dot = text.find('.', at);
    if (!accept(text.substr(at, dot - at))) return false;
    if (dot == std::string_view::npos) return true;
    at = dot + 1;
  }
}

// SipHash-2-4 with 128 bits (Aumasson, Bernstein) and a fixed key: spreads well, is quick on short input, and gives the
// same in every process and after every restart.
class SipHash {
 public:
  void round() {
    v0_ += v1_, v1_ = std::rotl(v1_, 13) ^ v0_, v0_ = std::rotl(v0_, 32);
    v2_ += v3_, v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_, v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_, v1_ = std::rotl(v1_, 17) ^ v2_, v2_ = std::rotl(v2_, 32);
  }
  void word(std::uint64_t m) {
    v3_ ^= m;
    round(), round();
    v0_ ^= m;
  }
  log::Identity hash(std::string_view bytes) {
    std::size_t at = 0;
    for (std::uint64_t m = 0; at + 8 <= bytes.size(); at += 8) std::memcpy(&m, bytes.data() + at, 8), word(m);
    std::uint64_t last = std::uint64_t{bytes.size()} << 56;
    for (int shift = 0; at < bytes.size(); ++at, shift += 8)
      last |= std::uint64_t{static_cast<unsigned char>(bytes[at])} << shift;
    word(last);
    v2_ ^= 0xee;
    const std::uint64_t high = finish();
    v1_ ^= 0xdd;
    return {high, finish()};
  }

 private:
  static constexpr std::uint64_t kKey0 = 0x0706050403020100, kKey1 = 0x0f0e0d0c0b0a0908;

  std::uint64_t finish() {
    round(), round(), round(), round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

  std::uint64_t v0_ = 0x736f6d6570736575 ^ kKey0, v1_ = 0x646f72616e646f6d ^ kKey1 ^ 0xee,
                v2_ = 0x6c7967656e657261 ^ kKey0, v3_ = 0x7465646279746573 ^ kKey1;
};

void append_sized(std::string& out, std::string_view part) {
  const std::uint64_t size = part.size();
  out.append(reinterpret_cast<const char*>(&size), sizeof size).append(part);
}

}  // namespace

bool valid_type(std::string_view type) { return all_words(type, plain_word); }

bool valid_pattern(std::string_view pattern) {
  return all_words(pattern, [](std::string_view word) { return word == "*" || word == "#" || plain_word(word); });
}

log::Identity identity(std::string_view tenant, std::string_view source, std::string_view id) {
  // Sizes go with the parts, so that no two triples read the same.
  std::string bytes;
  bytes.reserve(24 + tenant.size() + source.size() + id.size());
  append_sized(bytes, tenant);
  append_sized(bytes, source);
  append_sized(bytes, id);
  const log::Identity identity = SipHash().hash(bytes);
  return identity ? identity : log::Identity{0, 1};
}

}  // namespace certes::event
