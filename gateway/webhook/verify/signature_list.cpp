// Time and signatures in one header, as `name=value` items: Stripe and Paddle (common/signature/forms.hpp). While a
// secret is rotated there are several signatures: any may match.
#include <algorithm>

#include "common/registry/schemes.hpp"
#include "gateway/webhook/verify/checks.hpp"
#include "gateway/webhook/verify/verifier.hpp"

namespace certes::gateway::ingest::verify {
namespace {

using signature::ListForm;

constexpr auto kTimeForm = signature::TimeForm::unix_seconds;

class SignatureList : public Verifier {
 public:
  SignatureList(const ListForm& form, std::int64_t tolerance_seconds, const std::vector<std::string>& secrets)
      : form_(form), tolerance_seconds_(tolerance_seconds), macs_(secrets, crypto::Hmac::Algorithm::sha256) {}

  Effort effort(const http::Request& request) const override {
    return request.has_header(form_.header) ? macs_.effort(request.body.size()) : Effort(0);
  }

  Result<void> verify(const http::Request& request, UnixMillis now, event::JsonDocument&) const override {
    const auto text = sole_header(request, form_.header);
    if (!text) return fail(text.error());
    auto list = parse(*text);
    if (!list) return fail(std::move(list.error()));
    if (auto checked = check_time(list->time, kTimeForm, form_.header, {now, tolerance_seconds_}); !checked)
      return checked;
    const std::string_view parts[] = {list->time, form_.joint, request.body};
    if (macs_.any(parts, list->macs)) return {};
    return fail(refusal(form_.header, "has no signature that verifies"));
  }

 private:
  struct List {
    std::string_view time;
    std::vector<std::string> macs;  // decoded; what is not hexadecimal is none
  };
  Result<List> parse(std::string_view text) const {
    List list;
    bool timed = false;
    std::size_t signatures = 0;
    while (!text.empty()) {
      const std::string_view item = text.substr(0, text.find(form_.separator));
      text.remove_prefix(std::min(text.size(), item.size() + 1));
      const std::size_t equals = item.find('=');
      if (equals == item.npos) return fail(refusal(form_.header, "holds an item without '='"));
      const std::string_view name = item.substr(0, equals), value = item.substr(equals + 1);
      if (name == form_.time) {
        if (timed) return fail(refusal(form_.header, "has " + std::string(name) + "= twice"));
        timed = true;
        list.time = value;
      } else if (name == form_.mac) {
        if (++signatures > crypto::kMaxSignatures) return fail(refusal(form_.header, "has more than 16 signatures"));
        if (auto mac = crypto::hex_decode(value)) list.macs.push_back(std::move(*mac));
      }
    }
    if (!timed) return fail(refusal(form_.header, "has no " + std::string(form_.time) + "="));
    if (signatures == 0) return fail(refusal(form_.header, "has no " + std::string(form_.mac) + "="));
    return list;
  }

  const ListForm& form_;
  const std::int64_t tolerance_seconds_;
  const Macs macs_;
};

}  // namespace

VerifierPtr make_signature_list(const registry::Verify& verify, const ListForm& form,
                                const std::vector<std::string>& secrets) {
  return std::make_unique<SignatureList>(form, registry::tolerance_of(verify), secrets);
}

}  // namespace certes::gateway::ingest::verify
