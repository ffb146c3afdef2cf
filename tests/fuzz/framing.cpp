// The framing of requests: however the bytes are cut, the same requests come out, their parts lie within the buffer,
// and nothing behind a refusal is a request. The first byte says how they are cut.

#include "common/http/server/framing.hpp"

#include <string>
#include <vector>

#include "tests/fuzz/fuzz.hpp"

using certes::fuzz::Input;
using certes::fuzz::require;
using certes::http::Framing;
using certes::http::FramingLimits;

namespace {

const FramingLimits kLimits{2'048, 16, 4'096};

struct Seen {
  std::string method, target, fields, body;
  bool keep_alive = false, version_1_0 = false;
  bool operator==(const Seen&) const = default;
};

struct Outcome {
  std::vector<Seen> requests;
  int refused = 0;
  bool operator==(const Outcome&) const = default;
};

std::string part(const std::string& buffer, std::size_t at, std::size_t size) {
  require(at <= buffer.size() && size <= buffer.size() - at, "a part lies within the buffer");
  return buffer.substr(at, size);
}

Seen look(const Framing& framing, const std::string& buffer) {
  Seen seen;
  seen.method = part(buffer, framing.method().at, framing.method().size);
  seen.target = part(buffer, framing.target().at, framing.target().size);
  for (const Framing::Field& field : framing.fields())
    seen.fields += part(buffer, field.name, field.name_size) + ":" + part(buffer, field.value, field.value_size) + "\n";
  seen.body = part(buffer, framing.body_at(), framing.body_bytes());
  seen.keep_alive = framing.keep_alive();
  seen.version_1_0 = framing.version_1_0();
  require(framing.fields().size() <= kLimits.max_headers, "no more headers than the limit");
  require(seen.body.size() <= kLimits.max_body_bytes, "no larger a body than the limit");
  require(framing.body_at() <= kLimits.max_header_bytes, "no larger a header than the limit");
  require(seen.fields.find('\r') == std::string::npos, "no bare CR in a header");
  require(seen.fields.find('\0') == std::string::npos, "no NUL in a header");
  return seen;
}

// Takes every request that the buffer holds. False: one was refused.
bool take_all(Framing& framing, std::string& buffer, Outcome& outcome) {
  for (;;) {
    std::size_t size = buffer.size();
    const Framing::State state = framing.scan(buffer.data(), size);
    require(size <= buffer.size(), "the buffer only shrinks");
    buffer.resize(size);
    if (state == Framing::State::unscanned) continue;
    if (state == Framing::State::need_more) return true;
    if (state == Framing::State::refused) {
      outcome.refused = framing.refusal().status;
      require(outcome.refused >= 400 && outcome.refused < 600, "a refusal is an error status");
      return false;
    }
    outcome.requests.push_back(look(framing, buffer));
    require(framing.consumed() > 0 && framing.consumed() <= buffer.size(), "a request ends within the buffer");
    buffer.erase(0, framing.consumed());
    framing.reset();
    if (buffer.empty()) return true;
  }
}

Outcome run(std::string_view text, std::size_t step) {
  Framing framing(kLimits);
  Outcome outcome;
  std::string buffer;
  for (std::size_t at = 0; at < text.size(); at += step) {
    buffer.append(text.substr(at, step));
    if (!take_all(framing, buffer, outcome)) break;
  }
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const std::size_t step = input.byte() % 64 + 1;
  const std::string_view text = input.rest();
  if (text.empty()) return 0;
  require(run(text, text.size()) == run(text, step), "the cuts make no difference");
  return 0;
}
