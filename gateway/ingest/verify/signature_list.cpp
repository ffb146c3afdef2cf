// Time and signatures in one header, as `name=value` items: Stripe (`t=…,v1=…`, over "t.body") and Paddle
// (`ts=…;h1=…`, over "ts:body"). While a secret is rotated there are several signatures: any may match.
#include <algorithm>

#include "common/registry/schemes.hpp"
#include "gateway/ingest/verify/checks.hpp"
#include "gateway/ingest/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {
namespace {

struct ListForm {
  std::string_view scheme, header;
  char separator;
  std::string_view time, mac, joint;
};
constexpr ListForm kStripe = {"stripe", "Stripe-Signature", ',', "t", "v1", "."};
constexpr ListForm kPaddle = {"paddle", "Paddle-Signature", ';', "ts", "h1", ":"};
constexpr std::size_t kMaxSignatures = 16;

class SignatureList : public Verifier {
 public:
  SignatureList(const ListForm& form, std::int64_t tolerance_seconds, const std::vector<std::string>& secrets)
      : form_(form),
        tolerance_seconds_(tolerance_seconds),
        hmacs_(hmacs_of(secrets, crypto::Hmac::Algorithm::sha256)) {}

  Result<void> verify(const http::Request& request, UnixMillis now) override {
    const auto text = sole_header(request, form_.header);
    if (!text) return fail(text.error());
    if (auto parsed = parse(*text); !parsed) return parsed;
    if (auto checked = check_time(time_, form_.header, now, tolerance_seconds_); !checked) return checked;
    const std::string_view parts[] = {time_, form_.joint, request.body};
    for (const std::string_view encoded : macs_)
      if (const auto mac = crypto::hex_decode(encoded); mac && any_makes(hmacs_, parts, *mac)) return {};
    return fail(refusal(form_.header, "has no signature that verifies"));
  }

 private:
  // Views into the header, until the next one.
  Result<void> parse(std::string_view text) {
    time_ = {};
    macs_.clear();
    bool timed = false;
    while (!text.empty()) {
      const std::string_view item = text.substr(0, text.find(form_.separator));
      text.remove_prefix(std::min(text.size(), item.size() + 1));
      const std::size_t equals = item.find('=');
      if (equals == item.npos) return fail(refusal(form_.header, "holds an item without '='"));
      const std::string_view name = item.substr(0, equals), value = item.substr(equals + 1);
      if (name == form_.time) {
        if (timed) return fail(refusal(form_.header, "has " + std::string(name) + "= twice"));
        timed = true;
        time_ = value;
      } else if (name == form_.mac) {
        macs_.push_back(value);
      }
    }
    if (!timed) return fail(refusal(form_.header, "has no " + std::string(form_.time) + "="));
    if (macs_.empty()) return fail(refusal(form_.header, "has no " + std::string(form_.mac) + "="));
    if (macs_.size() > kMaxSignatures) return fail(refusal(form_.header, "has more than 16 signatures"));
    return {};
  }

  const ListForm& form_;
  const std::int64_t tolerance_seconds_;
  const std::vector<crypto::Hmac> hmacs_;
  std::string_view time_;
  std::vector<std::string_view> macs_;
};

}  // namespace

VerifierPtr make_signature_list(const registry::Verify& verify, const std::vector<std::string>& secrets) {
  const ListForm& form = verify.scheme == kPaddle.scheme ? kPaddle : kStripe;
  return std::make_unique<SignatureList>(form, registry::tolerance_of(verify), secrets);
}

}  // namespace certes::gateway::ingest::verify
