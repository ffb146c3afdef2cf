#include "common/event/coding.hpp"

#include <zlib.h>

#include <algorithm>

namespace certes::event {
namespace {

constexpr std::size_t kRatio = 100;
constexpr std::size_t kAlways = 64u << 10;

class Inflater {
 public:
  Inflater() : ready_(::inflateInit2(&stream_, MAX_WBITS + kEitherHeader) == Z_OK) {}
  ~Inflater() {
    if (ready_) ::inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Whether that is all of it: `out` is as large as it is.
  bool run(std::string_view bytes, std::string& out) {
    if (!ready_) return false;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write there
    stream_.avail_in = static_cast<uInt>(bytes.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(out.size());
    const bool ended = ::inflate(&stream_, Z_FINISH) == Z_STREAM_END && stream_.avail_in == 0;
    out.erase(std::min<std::size_t>(stream_.total_out, out.size()));
    return ended;
  }

 private:
  static constexpr int kEitherHeader = 32;  // gzip's or zlib's
  z_stream stream_{};
  const bool ready_;
};

bool is_known(std::string_view coding) {
  for (const std::string_view known : {"gzip", "x-gzip", "deflate"})
    if (equal_ignoring_case(coding, known)) return true;
  return false;
}

Result<std::string> failed(std::string&& why) {
  return fail(Code::invalid, std::move(why), std::string(kContentEncoding));
}

}  // namespace

std::optional<Error> refuse_coding(std::string_view coding) {
  if (coding.empty()) return std::nullopt;
  return Error(Code::invalid,
               "the content coding " + std::string(coding.substr(0, 64)) +
                   " is not taken here: send the body as it is, without Content-Encoding",
               std::string(kContentEncoding));
}

std::size_t most_unpacked(std::size_t bytes, std::size_t most) {
  return std::min(most, std::max(bytes * kRatio, kAlways));
}

Result<std::string> unpack(std::string_view coding, std::string_view bytes, std::size_t most) {
  const std::string name(coding.substr(0, 64));
  if (!is_known(coding)) return failed("the content coding " + name + " is none that can be looked into");
  const std::size_t bound = most_unpacked(bytes.size(), most);
  std::string out(bound + 1, '\0');
  Inflater inflater;
  const bool ended = inflater.run(bytes, out);
  if (out.size() > bound) return failed("unpacked, the body has more than " + std::to_string(bound) + " bytes");
  if (!ended) return failed("the body is no " + name);
  return out;
}

}  // namespace certes::event
