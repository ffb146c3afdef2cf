// What decides whether a webhook is believed: the headers of Standard Webhooks, encodings, sealed secrets. Nothing is
// verified but what we signed; what is decoded encodes back to what was there. Lines: secret, id, timestamp,
// signatures; the body behind them.

#include <algorithm>
#include <string>

#include "common/crypto/crypto.hpp"
#include "tests/fuzz/fuzz.hpp"

using certes::fuzz::Input;
using certes::fuzz::require;
using namespace certes::crypto;

namespace {

constexpr std::int64_t kNow = 1'700'000'000;
constexpr std::int64_t kTolerance = 300;

const StandardWebhooks& fixed() {
  static const StandardWebhooks made =
      StandardWebhooks::make("whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=").value();
  return made;
}

void encodings(std::string_view text) {
  const auto base64 = base64_decode(text);
  require(!base64 || base64_encode(*base64) == text, "base64 has one form");
  require(base64_decode(base64_encode(text)) == text, "base64 goes and comes back");
  require(hex_decode(hex_encode(text)) == text, "hex goes and comes back");
  const auto hex = hex_decode(text);
  require(!hex || hex->size() * 2 == text.size(), "hex is two digits a byte");
}

void standard_webhooks(std::string_view secret, Input input) {
  const std::string id(input.line()), timestamp(input.line()), signatures(input.line());
  const std::string body(input.rest());
  const auto made = StandardWebhooks::make(secret);
  const StandardWebhooks& scheme = made ? *made : fixed();
  const auto verified = scheme.verify(id, timestamp, signatures, body, kNow, kTolerance);
  const std::string real = scheme.sign(id, kNow, body);
  if (verified && timestamp == std::to_string(kNow))
    require(signatures.find(real) != std::string::npos, "only our own signature is believed");
  if (!verified) require(!verified.error().message.empty(), "an error has a text");
  if (id.empty() || id.find('.') != std::string::npos) return;
  if (std::ranges::count(signatures, ' ') + 2 > static_cast<std::ptrdiff_t>(kMaxSignatures)) return;
  require(scheme.verify(id, std::to_string(kNow), signatures + " " + real, body, kNow, kTolerance).has_value(),
          "our own signature is believed, whatever stands beside it");
  require(!scheme.verify(id, std::to_string(kNow), real, body + "x", kNow, kTolerance), "another body is not");
}

void sealed(std::string_view text) {
  static const Sealer sealer = Sealer::make({"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}).value();
  require(!sealer.open(text, "default/sources/a").has_value(), "nothing opens but what was sealed");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  encodings(input.rest());
  sealed(input.rest());
  const std::string_view secret = input.line();
  standard_webhooks(secret, input);
  return 0;
}
