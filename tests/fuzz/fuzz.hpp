#pragma once
// What the fuzz targets share: the input in pieces, and a property that must hold. Who: each target has one function,
// fuzz_one, that libFuzzer (preset `fuzz`) or the replay of the corpus (every other preset) calls. One thread.

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace certes::fuzz {

// The input, taken from its front.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : text_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return text_.empty(); }
  std::string_view rest() const { return text_; }
  unsigned byte() {
    if (text_.empty()) return 0;
    const auto value = static_cast<unsigned char>(text_.front());
    text_.remove_prefix(1);
    return value;
  }
  // Up to the next LF, which goes too.
  std::string_view line() {
    const std::size_t end = text_.find('\n');
    const std::string_view taken = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    return taken;
  }

 private:
  std::string_view text_;
};

inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

}  // namespace certes::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
